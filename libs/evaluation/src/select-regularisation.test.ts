import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import { type IdentifiedFeatures } from './features.ts';
import { regularisationGrid, selectRegularisation } from './select-regularisation.ts';

/** Two classes that one of many columns tells apart, with the label of some rows turned. */
function noisy(rows: number, columns: number, turned: number): IdentifiedFeatures {
  const draws = new Draws({ seed: 3, purpose: 'regularisation test' });
  const truth = Int32Array.from({ length: rows }, () => draws.int(2));
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    return draws.normal() + (at % columns === 0 ? 3 * truth[Math.floor(at / columns)]! : 0);
  });
  const labels = truth.map((label) => (draws.float() < turned ? 1 - label : label));
  return { data, shape: [rows, columns], labels, ids: Array.from(truth, (_, row) => `${row}`) };
}

test('is judged on a fifth of each class, prefers strong regularisation where labels are noise, and repeats itself', async () => {
  const train = noisy(120, 60, 0.2);
  const before = memory().numTensors;
  const seen: number[] = [];
  const select = () => selectRegularisation(train, 2, { maxIterations: 300, onProgress: (done) => seen.push(done) });
  const selected = await select();
  const [zeros, ones] = [0, 1].map((label) => train.labels.filter((other) => other === label).length);
  expect(selected.heldOutSamples).toBe(Math.floor(zeros! / 5) + Math.floor(ones! / 5));
  expect(selected.inverseRegularisation).toBeLessThan(10);
  const most = Math.max(...selected.heldOutTop1.map(({ top1 }) => top1));
  const first = selected.heldOutTop1.find(({ top1 }) => top1 === most);
  expect(first?.inverseRegularisation).toBe(selected.inverseRegularisation);
  expect(selected.heldOutTop1.map(({ inverseRegularisation }) => inverseRegularisation)).toEqual([
    ...regularisationGrid,
  ]);
  expect(seen.at(-1)).toBe(1);
  expect(await select()).toEqual(selected);
  expect(memory().numTensors).toBe(before);
});

test('copes with a class of one image, and refuses when no class has two', async () => {
  const data = Float32Array.of(0, 0.1, 0.2, 5, 5.1, 9);
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const train = { data, shape: [6, 1] as const, labels: Int32Array.of(0, 0, 0, 1, 1, 2), ids };
  expect((await selectRegularisation(train, 3, { maxIterations: 50 })).heldOutSamples).toBe(2);
  const single = { data: data.slice(0, 2), shape: [2, 1] as const, labels: Int32Array.of(0, 1), ids: ['a', 'b'] };
  await expect(selectRegularisation(single, 2, { maxIterations: 50 })).rejects.toThrow(
    expect.objectContaining({
      message: expect.stringContaining('none of the 2 classes has two images of train') as string,
      field: 'probe.inverseRegularisation',
      remedy: expect.stringContaining('give a number') as string,
    }),
  );
});
