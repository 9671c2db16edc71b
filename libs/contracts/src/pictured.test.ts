import fc from 'fast-check';
import { expect, test } from 'vitest';

import { hashJson, isPictured, runSpecSchema, type RunSpec } from './index.ts';

const spec = (pictures: RunSpec['probe']['pictures'], everyEpochs = 1) =>
  ({ checkpoint: { everyEpochs, everySeconds: 60, keep: 2 }, probe: { pictures } }) as RunSpec;
const at = (epoch: number, kind: 'fixed' | 'time' | 'final' = 'fixed') => ({ kind, cursor: { epoch, batch: 0 } });

test('of checkpoints at fixed steps there are pictures of at most eight, evenly spaced, and of the last one always', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 20 }), (epochs, every) => {
      const length = { stepsPerEpoch: 7, totalSteps: 7 * epochs };
      const fixed = Array.from({ length: Math.floor(epochs / every) }, (_, i) => (i + 1) * every);
      const pictured = fixed.filter((epoch) => isPictured(spec('every', every), length, at(epoch)));
      expect(pictured.length).toBeLessThanOrEqual(8);
      expect(pictured.length).toBeGreaterThanOrEqual(Math.min(fixed.length, 4));
      expect(new Set(pictured.map((epoch, i) => epoch - (pictured[i - 1] ?? 0))).size).toBeLessThanOrEqual(1);
      expect(isPictured(spec('every', every), length, at(epochs, 'final'))).toBe(true);
    }),
  );
});

test('checkpoints by time have none; where the last or none is wanted, others have none either', () => {
  const length = { stepsPerEpoch: 10, totalSteps: 20 };
  expect(isPictured(spec('every'), length, at(1, 'time'))).toBe(false);
  expect(isPictured(spec('last'), length, at(1))).toBe(false);
  expect(isPictured(spec('last'), length, at(2, 'final'))).toBe(true);
  for (const pictures of ['none', undefined] as const)
    expect(isPictured(spec(pictures), length, at(2, 'final'))).toBe(false);
});

test('a spec from before there were pictures keeps its hash', () => {
  const old = {
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'old',
    dataset: { name: 'pets', contentHash: 'a'.repeat(64), trainSamples: 64 },
    method: { name: 'mae', options: {} },
    backbone: { name: 'vit-tiny', options: {}, weights: null },
    image: { size: 8, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    views: { version: 1, views: [{ count: 1, operations: [{ op: 'center-crop', size: 8 }] }] },
    blockSamples: 32,
    groupShards: 1,
    windowBlocks: 2,
    optimiser: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
    schedule: { name: 'constant' },
    gradientClip: null,
    learningRate: { base: 0.001, scaleByBatch: false },
    batch: 8,
    epochs: 1,
    budget: null,
    seed: 1,
    precision: 'float32',
    engine: 'captured',
    checkpoint: { everyEpochs: 1, everySeconds: 3600, keep: 1 },
    monitors: null,
    earlyStopping: null,
    probe: runSpecSchema.shape.probe.parse({
      kinds: [],
      k: 1,
      temperature: 0.1,
      inverseRegularisation: 1,
      trainSamples: null,
    }),
  };
  expect(Object.keys(old.probe)).not.toContain('pictures');
  expect(hashJson(runSpecSchema.parse(JSON.parse(JSON.stringify(old))))).toBe(hashJson(old));
});
