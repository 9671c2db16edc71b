import fc from 'fast-check';
import { expect, test } from 'vitest';

import { plannedSteps } from './planned-steps.ts';

const length = { dataset: { trainSamples: 100 }, batch: 8, epochs: 3, budget: null };

test('without a budget it is the whole batches of every epoch', () => {
  expect(plannedSteps(length)).toBe(36);
});

test('minutes are steps only once a step was timed', () => {
  expect(plannedSteps({ ...length, budget: { minutes: 0.5 } })).toBeUndefined();
  expect(plannedSteps({ ...length, budget: { minutes: 0.5 } }, 0.25)).toBe(120);
});

test('a budget is used up as far as whole steps go, and never exceeded but for the one step that is always taken', () => {
  const batches = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 10_000 }), (batch, images) => {
      const steps = plannedSteps({ ...length, batch, budget: { images } }) as number;
      expect((steps + 1) * batch).toBeGreaterThan(images);
      if (images >= batch) expect(steps * batch).toBeLessThanOrEqual(images);
      else expect(steps).toBe(1);
    }),
  );
});
