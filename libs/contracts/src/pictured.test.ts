import fc from 'fast-check';
import { expect, test } from 'vitest';

import { madeUpSpec } from '#lib/testing';

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
  const old = madeUpSpec({
    method: { name: 'mae', options: {} },
    backbone: { name: 'vit-tiny', options: {} },
    image: { size: 8, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    views: { version: 1, views: [{ count: 1, operations: [{ op: 'center-crop', size: 8 }] }] },
    optimiser: { name: 'sgd' },
    batch: 8,
  });
  expect(Object.keys(old.probe)).not.toContain('pictures');
  expect(hashJson(runSpecSchema.parse(JSON.parse(JSON.stringify(old))))).toBe(hashJson(old));
});
