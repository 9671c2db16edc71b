import fc from 'fast-check';
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';
import { Draws } from '#lib/sampling';

import { firstClasses } from './accuracy.ts';
import { type LabelledFeatures, unitRows } from './features.ts';
import { knn } from './knn.ts';
import { nearestNeighbours } from './nearest-neighbours.ts';

function random(seed: number, rows: number, columns: number, classes = 3): LabelledFeatures {
  const draws = new Draws({ seed, purpose: 'knn test' });
  return {
    data: Float32Array.from({ length: rows * columns }, () => draws.normal()),
    shape: [rows, columns],
    labels: Int32Array.from({ length: rows }, () => draws.int(classes)),
  };
}

function permuted({ data, shape, labels }: LabelledFeatures, order: Uint32Array): LabelledFeatures {
  const columns = shape[1];
  return {
    data: Float32Array.from(data, (_, at) => data[order[Math.floor(at / columns)]! * columns + (at % columns)]!),
    shape,
    labels: labels.map((_, row) => labels[order[row]!]!),
  };
}

test('does not depend on the order of the bank', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 12 }), async (seed, k) => {
      const [bank, queries] = [random(seed, 30, 6), random(seed + 5000, 7, 6)];
      const order = new Draws({ seed, purpose: 'order' }).permutation(30);
      const options = { queries, classes: 3, k, temperature: 0.1 };
      const a = await knn({ bank, ...options });
      const b = await knn({ bank: permuted(bank, order), ...options });
      expect(firstClasses(b.ranking, 3)).toEqual(firstClasses(a.ranking, 3));
      expect(b.votes).toEqual(a.votes);
      expect(b.neighbours.rows.map((row) => order[row]!)).toEqual(a.neighbours.rows);
    }),
    { numRuns: 15 },
  );
});

test('finds the neighbours of an exhaustive search in double precision, whatever the chunks', async () => {
  const [bank, queries] = [random(1, 53, 5), random(2, 11, 5)];
  const [u, v] = [unitRows(bank), unitRows(queries)];
  const cosine = (query: number, row: number) =>
    Array.from({ length: 5 }, (_, i) => u[row * 5 + i]! * v[query * 5 + i]!).reduce((sum, product) => sum + product);
  const expected = Array.from({ length: 11 }, (_, query) =>
    Array.from({ length: 53 }, (_, row) => row)
      .sort((a, b) => cosine(query, b) - cosine(query, a))
      .slice(0, 9),
  ).flat();
  for (const chunkValues of [1, 30, 64, 300, 2 ** 20]) {
    const found = await nearestNeighbours({ bank, queries, k: 9, chunkValues });
    expect(Array.from(found.rows)).toEqual(expected);
  }
});

test('of equal cosines takes the lower bank row, across chunks, too', async () => {
  const ones = (rows: number) => ({ data: new Float32Array(rows * 4).fill(0.5), shape: [rows, 4] as const });
  for (const chunkValues of [4, 12, 2 ** 20]) {
    const found = await nearestNeighbours({ bank: ones(9), queries: ones(2), k: 5, chunkValues });
    expect(Array.from(found.rows)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  }
});

test('centring subtracts the bank’s mean: an offset common to all features changes nothing', async () => {
  const [bank, queries] = [random(3, 25, 4), random(4, 6, 4)];
  const shifted = (features: LabelledFeatures) => ({ ...features, data: features.data.map((value) => value + 64) });
  const options = { classes: 3, k: 4, temperature: 0.1, centre: true };
  const a = await knn({ bank, queries, ...options });
  const b = await knn({ bank: shifted(bank), queries: shifted(queries), ...options });
  expect(b.neighbours.rows).toEqual(a.neighbours.rows);
});

test('reports progress up to 1 and leaves no tensor behind, also when told to stop by an exception', async () => {
  const [bank, queries] = [random(5, 20, 4), random(6, 10, 4)];
  const options = { bank, queries, classes: 3, k: 3, temperature: 0.1, chunkValues: 16 };
  const before = memory().numTensors;
  const seen: number[] = [];
  await knn({ ...options, onProgress: (done) => seen.push(done) });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.at(-1)).toBe(1);
  const stop = () => {
    throw new Error('stop');
  };
  await expect(knn({ ...options, onProgress: stop })).rejects.toThrow('stop');
  expect(memory().numTensors).toBe(before);
});

test('refuses what does not fit, naming it', async () => {
  const [bank, queries] = [random(7, 20, 4), random(8, 5, 4)];
  const attempt = (change: Partial<Parameters<typeof knn>[0]>) =>
    knn({ bank, queries, classes: 3, k: 3, temperature: 0.1, ...change });
  const bad = { ...queries, data: queries.data.with(9, NaN) };
  const rejects = (change: Partial<Parameters<typeof knn>[0]>, message: string) =>
    expect(attempt(change)).rejects.toSatisfy((error) => error instanceof UsageError && error.message === message);
  await rejects({ k: 21 }, 'k-NN: k is 21, the bank has 20 samples; k must be 1 .. 20');
  await rejects({ k: 0 }, 'k-NN: k is 0, the bank has 20 samples; k must be 1 .. 20');
  await rejects({ temperature: 0 }, 'k-NN: the temperature is 0, allowed are 0.002 and more');
  await rejects({ queries: bad }, 'queries: row 2, column 1 is NaN, expected finite features');
  await rejects({ classes: 2 }, `bank: the label of row ${bank.labels.indexOf(2)} is 2, allowed are 0 .. 1`);
  await rejects(
    { queries: random(8, 5, 3) },
    'bank has 4 features a row and queries has 3: both must come from one encoder',
  );
  await rejects({ queries: random(8, 0, 4) }, 'queries: no samples, a probe needs at least one');
});
