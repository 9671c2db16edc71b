import fc from 'fast-check';
import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { drawMasks, keptPatches, masksFromNoise } from './masking.ts';

test.each([
  [64, 0.75, 16],
  [196, 0.75, 49],
  [25, 0.6, 10],
  [9, 0.5, 4],
])('%i patches at ratio %f keep %i', (patches, ratio, keep) => {
  expect(keptPatches(patches, ratio)).toBe(keep);
});

test.each([
  [4, 0.9, 'keeps 0 of 4 patches', '0.25 to 0.75'],
  [4, 1e-17, 'keeps 4 of 4 patches', '0.25 to 0.75'],
  [1, 0.5, 'keeps 0 of 1 patches', 'use smaller patches'],
])('refuses %i patches at ratio %f, saying what would do', (patches, ratio, message, remedy) => {
  const wrong = () => keptPatches(patches, ratio);
  expect(wrong).toThrow(message);
  expect(wrong).toThrow(expect.objectContaining({ remedy: expect.stringContaining(remedy) }));
  expect(wrong).toThrow(UsageError);
});

const cases = fc
  .record({ patches: fc.integer({ min: 2, max: 12 }), count: fc.integer({ min: 1, max: 4 }) })
  .chain(({ patches, count }) =>
    fc.record({
      patches: fc.constant(patches),
      keep: fc.integer({ min: 1, max: patches - 1 }),
      noise: fc.array(fc.nat(5), { minLength: patches * count, maxLength: patches * count }),
    }),
  );

test('restore is a permutation whose first places are the kept patches in order, and they have the smallest noise', () => {
  fc.assert(
    fc.property(cases, ({ patches, keep, noise }) => {
      const { kept, restore } = masksFromNoise(noise, { patches, keep });
      for (let n = 0; n < noise.length / patches; n++) {
        const places = restore.subarray(n * patches, (n + 1) * patches);
        expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: patches }, (_, i) => i));
        const chosen = [...kept.subarray(n * keep, (n + 1) * keep)];
        chosen.forEach((patch, place) => expect(places[patch]).toBe(place));
        const noiseOf = (patch: number) => noise[n * patches + patch] as number;
        const largestKept = Math.max(...chosen.map(noiseOf));
        for (let patch = 0; patch < patches; patch++)
          if (!chosen.includes(patch)) expect(noiseOf(patch)).toBeGreaterThanOrEqual(largestKept);
      }
    }),
  );
});

test('of equal noise the earlier patch is kept', () => {
  expect([...masksFromNoise([1, 1, 1, 0], { patches: 4, keep: 2 }).kept]).toEqual([3, 0]);
});

const draw = (samples: number[], epoch = 3, seed = 7) => drawMasks({ seed, epoch, samples, patches: 16, keep: 4 });

test("a sample's mask depends on seed, epoch and sample, not on the rest of the batch", () => {
  const batch = draw([5, 9, 100000]);
  expect([...draw([9]).restore]).toEqual([...batch.restore.subarray(16, 32)]);
  expect([...draw([9]).kept]).toEqual([...batch.kept.subarray(4, 8)]);
  const masks = [draw([9]), draw([10]), draw([9], 4), draw([9], 3, 8)].map(({ restore }) => restore.join());
  expect(new Set(masks).size).toBe(4);
});

test('every patch is kept about equally often', () => {
  const { kept } = draw(Array.from({ length: 2000 }, (_, i) => i));
  const counts = Array.from({ length: 16 }, (_, patch) => kept.filter((id) => id === patch).length);
  // binomial(2000, 1/4): standard deviation 19.4
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(5 * 19.4);
});
