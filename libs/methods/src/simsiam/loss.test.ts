import {
  add,
  concat,
  grads,
  memory,
  mul,
  neg,
  sum,
  type Tensor,
  tensor,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { numericGradient, ShapeError } from '#lib/tensor';

import { embeddingStd } from '../embedding-std.ts';

import { negativeCosine, simSiamLoss } from './loss.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const [N, D] = [4, 5];
const values = (seed: number, rows = N) =>
  tensor(
    Float32Array.from({ length: rows * D }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed)),
    [rows, D],
  ) as Tensor2D;
const value = (x: Tensor) => x.dataSync()[0] as number;

test('is -1 when each prediction points to the other projection, 1 when it points away', () => {
  tidy(() => {
    const [z1, z2] = [values(1), values(2)];
    expect(value(simSiamLoss(z2, z1, z1, z2))).toBeCloseTo(-1, 5);
    expect(value(simSiamLoss(neg(z2), neg(z1), z1, z2))).toBeCloseTo(1, 5);
  });
});

test('does not change when the views change places, nor with the length of a vector', () => {
  tidy(() => {
    const [p1, p2, z1, z2] = [1, 2, 3, 4].map((seed) => values(seed)) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
    const loss = value(simSiamLoss(p1, p2, z1, z2));
    expect(value(simSiamLoss(p2, p1, z2, z1))).toBeCloseTo(loss, 6);
    expect(value(simSiamLoss(mul(p1, 7), mul(p2, 0.1), mul(z1, 30), z2))).toBeCloseTo(loss, 5);
  });
});

test('gradient matches finite differences', () => {
  tidy(() => {
    const [p1, p2, z1, z2] = [1, 2, 3, 4].map((seed) => values(seed)) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
    const loss = (x: Tensor) => simSiamLoss(x as Tensor2D, p2, z1, z2);
    const [gradient] = grads(loss)([p1]) as [Tensor];
    const want = numericGradient(loss, p1);
    gradient.dataSync().forEach((got, i) => expect(Math.abs(got - want[i]!)).toBeLessThan(1e-3));
  });
});

test('no gradient flows into the projections', () => {
  tidy(() => {
    const [p1, z2] = [values(1), values(4)];
    // tfjs refuses a gradient without a path, hence the sum: it alone may count.
    const [gradient] = grads((z1: Tensor) => add(sum(z1), simSiamLoss(p1, p1, z1 as Tensor2D, z2)))([values(3)]);
    expect([...gradient!.dataSync()]).toEqual(Array(N * D).fill(1));
  });
});

test('embeddingStd is 0 for one point, whatever its length, and the standard deviation of unit vectors otherwise', () => {
  tidy(() => {
    const row = values(1, 1);
    expect(value(embeddingStd(concat([row, mul(row, 3), mul(row, 0.5)])))).toBeLessThan(1e-6);
    // two opposite unit vectors along one axis: unbiased deviation √2 there, 0 elsewhere
    expect(value(embeddingStd(tensor([5, 0, -2, 0], [2, 2]) as Tensor2D))).toBeCloseTo(Math.SQRT2 / 2, 5);
  });
});

test('throws ShapeError naming what arrived', () => {
  tidy(() => {
    expect(() => negativeCosine(values(1), values(1, 2))).toThrow(ShapeError);
    expect(() => negativeCosine(values(1), values(1, 2))).toThrow('[4,5] and [2,5]');
    expect(() => embeddingStd(values(1, 1))).toThrow('needs N >= 2, got [1,5]');
  });
});
