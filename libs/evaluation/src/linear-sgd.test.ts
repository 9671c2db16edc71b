import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import { type LabelledFeatures } from './features.ts';
import { type LinearSgdArguments, linearSgdProbe } from './linear-sgd.ts';

const classes = ['ant', 'bee', 'cat'];

/** Each class around its own corner; columns of very different size, which batch norm makes equal. */
function clouds(seed: number, rows: number): LabelledFeatures {
  const draws = new Draws({ seed, purpose: 'linear sgd test' });
  const labels = Int32Array.from({ length: rows }, () => draws.int(3));
  const data = Float32Array.from({ length: rows * 3 }, (_, at) => {
    return (0.3 * draws.normal() + (labels[Math.floor(at / 3)] === at % 3 ? 1 : 0)) * 10 ** (at % 3);
  });
  return { data, shape: [rows, 3], labels };
}
const options = { epochs: 5, batch: 16, learningRate: 0.5, momentum: 0.9, weightDecay: 0, batchNorm: true };
const probe: LinearSgdArguments = {
  trainFeatures: async (epoch) => clouds(epoch, 90),
  eval: clouds(100, 60),
  classes,
  options,
  seed: 1,
};

test('learns from features that are new in each epoch, records its options and its loss, and leaves no tensor', async () => {
  const before = memory().numTensors;
  const epochs: number[] = [];
  const outcome = await linearSgdProbe({
    ...probe,
    trainFeatures: async (epoch) => {
      epochs.push(epoch);
      return clouds(epoch, 90);
    },
  });
  expect(epochs).toEqual([0, 1, 2, 3, 4]);
  expect(outcome.top1).toBeGreaterThan(0.85);
  expect(outcome.options).toMatchObject(options);
  expect(outcome.options['trainLoss']).toBeLessThan(Math.log(3));
  expect(memory().numTensors).toBe(before);
});

test('is the same in a second run, and other in another order of samples', async () => {
  const loss = async (seed: number) => (await linearSgdProbe({ ...probe, seed })).options['trainLoss'];
  expect(await loss(1)).toBe(await loss(1));
  expect(await loss(2)).not.toBe(await loss(1));
});

test('a train split smaller than a batch is one batch', async () => {
  const outcome = await linearSgdProbe({ ...probe, options: { ...options, batch: 1000 } });
  expect(outcome.options['batch']).toBe(90);
  expect(outcome.options['trainLoss']).toBeLessThan(Math.log(3));
});

test('refuses a learning rate that diverges by its field, features of another width, and frees what it holds', async () => {
  const before = memory().numTensors;
  const wild = { ...options, learningRate: 1e38, batchNorm: false };
  await expect(linearSgdProbe({ ...probe, options: wild })).rejects.toThrow(
    expect.objectContaining({ field: 'probe.linearSgd.learningRate' }),
  );
  const narrow = async () => ({ data: new Float32Array(4), shape: [2, 2] as const, labels: Int32Array.of(0, 1) });
  await expect(linearSgdProbe({ ...probe, trainFeatures: narrow })).rejects.toThrow(
    'train has 2 features a row and eval has 3',
  );
  expect(memory().numTensors).toBe(before);
});
