import { expect, test } from 'vitest';

import { type Monitors } from '#lib/contracts';

import { readMonitors } from './monitors.ts';

const monitors = (onlineKnn: Monitors['onlineKnn'], samples = 4): Monitors => ({ everySteps: 1, samples, onlineKnn });
const knn = { bankSamples: 4, querySamples: 3, k: 1, temperature: 0.1 };
/** Rows of two numbers with their classes. */
const labelled = (rows: [number, number, number][]) => ({
  data: Float32Array.from(rows.flatMap(([x, y]) => [x, y])),
  shape: [rows.length, 2] as [number, number],
  labels: Int32Array.from(rows, ([, , label]) => label),
});
const cross = labelled([
  [1, 0, 0],
  [0, 1, 1],
  [-1, 0, 2],
  [0, -1, 3],
]);

test('reads spread, rank and the share of queries whose nearest neighbour in the bank is of their class', async () => {
  const tune = labelled([
    [2, 0.1, 0],
    [0.1, 3, 1],
    [0.1, -1, 0],
  ]);
  const reading = await readMonitors(monitors(knn), { train: cross, tune, classes: 4 });
  expect(reading.onlineKnn).toBeCloseTo(2 / 3, 12);
  expect(reading.embeddingSize).toBe(2);
  expect(reading.embeddingStd).toBeCloseTo(Math.sqrt(2 / 3), 6); // of 1, 0, -1, 0, unbiased
  expect(reading.rankMe).toBeCloseTo(2, 5);
});

test('collapsed embeddings have no spread and rank 1', async () => {
  const train = labelled(Array.from({ length: 4 }, () => [3, 4, 0]));
  const reading = await readMonitors(monitors(null), { train, classes: 2 });
  expect(reading.embeddingStd).toBeCloseTo(0, 6);
  expect(reading.rankMe).toBeCloseTo(1, 5);
  expect(reading).not.toHaveProperty('onlineKnn');
});

test('figures and bank take the first of the images of train, each as many as it is told', async () => {
  const tune = labelled([[0, -1, 3]]);
  const bank2 = { ...knn, bankSamples: 2 };
  const seen = await readMonitors(monitors(bank2, 4), { train: cross, tune, classes: 4 });
  expect(seen.onlineKnn).toBe(0); // the fourth row would have been right
  const two = await readMonitors(monitors(null, 2), { train: cross, classes: 4 });
  expect(two.embeddingStd).toBeCloseTo(Math.sqrt(0.5), 6);
});

test('embeddings that are not finite are refused by row and column', async () => {
  const train = labelled([
    [1, 0, 0],
    [NaN, 1, 1],
  ]);
  await expect(readMonitors(monitors(null), { train, classes: 2 })).rejects.toThrow('row 1, column 0 is NaN');
});
