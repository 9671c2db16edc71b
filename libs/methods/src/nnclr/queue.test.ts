import { memory, tensor, tensor1d, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

import { ShapeError } from '#lib/tensor';

import { enqueue, nearestRows, type Queue } from './queue.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const matrix = (rows: number[][]) => tensor(rows.flat(), [rows.length, rows[0]!.length]) as Tensor2D;

test('after any number of batches it holds the last K embeddings, if K is a multiple of N', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.nat(9), (N, times, batches) => {
      tidy(() => {
        const K = N * times;
        let queue: Queue = { rows: matrix(Array.from({ length: K }, () => [-1])), position: tensor1d([0]) };
        const held = new Array<number>(K).fill(-1);
        for (let batch = 0; batch < batches; batch++) {
          const rows = Array.from({ length: N }, (_, n) => [batch * N + n]);
          queue = enqueue(queue, matrix(rows));
          for (const [row] of rows) held[row! % K] = row!;
        }
        expect([...queue.rows.dataSync()]).toEqual(held);
        expect(queue.position.dataSync()[0]).toBe((batches * N) % K);
      });
    }),
    { numRuns: 40 },
  );
});

test('rows that do not fit at the end are dropped, and the next batch starts at 0', () => {
  tidy(() => {
    const queue: Queue = { rows: matrix([[1], [2], [3], [4], [5]]), position: tensor1d([3]) };
    const next = enqueue(queue, matrix([[10], [11], [12]]));
    expect([...next.rows.dataSync()]).toEqual([1, 2, 3, 10, 11]);
    expect([...next.position.dataSync()]).toEqual([0]);
  });
});

test('nearest is by angle: neither length counts', () => {
  tidy(() => {
    const rows = matrix([
      [100, 0],
      [0.1, 0.1],
      [0, 3],
    ]);
    const z = matrix([
      [5, 4],
      [9, 1],
      [0, 0.01],
    ]);
    const { index, rows: found } = nearestRows(z, rows);
    expect([...index.dataSync()]).toEqual([1, 0, 2]);
    expect([...found.dataSync()].map((value) => Math.round(10 * value))).toEqual([1, 1, 1000, 0, 0, 30]);
  });
});

test('throws ShapeError naming what arrived', () => {
  tidy(() => {
    const queue: Queue = { rows: matrix([[1, 2]]), position: tensor1d([0]) };
    const larger = matrix([
      [1, 2],
      [3, 4],
    ]);
    expect(() => enqueue(queue, larger)).toThrow(ShapeError);
    expect(() => enqueue(queue, larger)).toThrow("a batch [2,2] doesn't fit in a queue [1,2]");
    expect(() => nearestRows(matrix([[1]]), queue.rows)).toThrow('got [1,1] and [1,2]');
  });
});
