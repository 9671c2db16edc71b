import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type RunSpec, runSpecSchema } from '#lib/contracts';

import { admissionHere } from './admission.ts';
import { openSession } from './session.ts';

const sha = 'a'.repeat(64);
const specOf = (batch: number, engine: RunSpec['engine'] = 'captured'): RunSpec =>
  runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'tiny',
    dataset: { name: 'made-up', contentHash: sha, trainSamples: 100_000 },
    method: { name: 'simsiam', options: { projectorLayers: 2, projectorWidth: 16, predictorWidth: 8 } },
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    image: { size: 16, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size: 16 }] }] },
    blockSamples: 16,
    groupShards: 1,
    windowBlocks: 2,
    optimiser: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
    schedule: { name: 'constant' },
    learningRate: { base: 0.001, scaleByBatch: false },
    batch,
    epochs: 1,
    seed: 1,
    precision: 'float32',
    engine,
    checkpoint: { everyEpochs: 1, everySeconds: 3600, keep: 1 },
    earlyStopping: null,
    probe: { kinds: [], k: 1, temperature: 0.1, inverseRegularisation: 1, trainSamples: null },
  });

const place = { name: 'this machine', device: 'cpu' as const, bytes: 1e9 };

/** The refusal of a spec by a machine of 1 GB. */
function refusal(spec: RunSpec): Error {
  try {
    openSession(spec, { precision: 'float32' }, admissionHere(spec, place)).step.dispose();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

test.each(['captured', 'eager'] as const)(
  'a machine with too little memory refuses before it takes any, %s',
  (engine) => {
    const before = { tensors: memory().numTensors, rss: process.memoryUsage.rss() };
    const refused = refusal(specOf(50_000, engine));
    expect(refused.message).toMatch(
      /^batch: 50000 takes about \d+\.\d GB of memory, this machine has 1\.0 GB, of which a run may take 0\.9 GB$/,
    );
    const largest = Number(/^use batch=(\d+),/.exec((refused as Error & { remedy: string }).remedy)?.[1]);
    expect(largest).toBeGreaterThan(100);
    expect(refusal(specOf(largest + 1, engine)).message).toContain(`batch: ${largest + 1} takes`);
    openSession(
      specOf(largest, engine),
      { precision: 'float32' },
      admissionHere(specOf(largest, engine), place),
    ).step.dispose();
    expect(memory().numTensors).toBe(before.tensors);
    expect(process.memoryUsage.rss() - before.rss).toBeLessThan(5e8);
  },
);

test('the machine that the test runs on has enough for a small one', () => {
  const spec = specOf(8);
  openSession(spec, { precision: 'float32' }, admissionHere(spec)).step.dispose();
});
