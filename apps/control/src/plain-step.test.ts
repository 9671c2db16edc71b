import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type StepMetrics, stepMetricsSchema } from '#lib/contracts';

import { isPlainStep } from './plain-step.ts';

const plain: StepMetrics = {
  step: 3,
  epoch: 0,
  loss: 0.5,
  terms: { invariance: 1, redundancy: 2 },
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 100,
  waitSeconds: 0,
  at: 1.7e12,
};

test('a step of numbers is plain, and one with readings is left to the schema', () => {
  expect(isPlainStep(plain)).toBe(true);
  expect(isPlainStep({ ...plain, terms: {} })).toBe(true);
  const monitors = { embeddingStd: 1, embeddingSize: 4, rankMe: 2, monitorSeconds: 0 };
  expect(isPlainStep({ ...plain, monitors })).toBe(false);
});

test.each(Object.keys(plain))('a step without %s is not plain', (name) => {
  expect(isPlainStep(Object.fromEntries(Object.entries(plain).filter(([other]) => other !== name)))).toBe(false);
});

test('what is plain is what the schema takes, whatever is changed about a step', () => {
  const change = fc.dictionary(
    fc.constantFrom(...Object.keys(plain), 'monitors', 'unknown'),
    fc.oneof(fc.double(), fc.integer(), fc.jsonValue(), fc.dictionary(fc.string(), fc.double())),
    { maxKeys: 2 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        change.map((changed) => ({ ...plain, ...changed })),
        fc.jsonValue(),
      ),
      (line) => {
        if (isPlainStep(line)) expect(stepMetricsSchema.parse(line)).toEqual(line);
      },
    ),
    { numRuns: 2000 },
  );
});
