import fc from 'fast-check';
import { expect, test } from 'vitest';

import { foldedCurvesSchema, FormatError, type StepMetrics } from '#lib/contracts';

import { foldSteps } from './fold-steps.ts';
import { foldedCurvesOf, stepsPerEntry, unpackCurves } from './folded-curves.ts';
import { columnsOf } from './step-columns.ts';

const batch = 8;
const stepOf = (step: number): StepMetrics => ({
  step,
  epoch: Math.floor(step / 10),
  loss: Math.sin(step),
  terms: step % 3 === 0 ? {} : { redundancy: step },
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 100,
  waitSeconds: 0.02,
  ...(step % 50 === 0 && { monitors: { embeddingStd: step, embeddingSize: 4, rankMe: 2, monitorSeconds: 0 } }),
  at: 1000 * step,
});
const stepsOf = (first: number, count: number) => Array.from({ length: count }, (_, i) => stepOf(first + i));

test('what was kept of a segment is what it folds to', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 300 }), (first, count) => {
      const steps = stepsOf(first, count);
      const written = JSON.stringify(foldedCurvesOf(steps, batch));
      const read = unpackCurves(foldedCurvesSchema.parse(JSON.parse(written)));
      expect(read).toEqual(foldSteps([columnsOf(steps, batch)], stepsPerEntry));
    }),
  );
});

test('entries of another size and columns of several lengths are refused, and the message says what is allowed', () => {
  const folded = foldedCurvesOf(stepsOf(1, 130), batch);
  const withEntries = () => unpackCurves({ ...folded, stepsPerEntry: 32 });
  expect(withEntries).toThrow(FormatError);
  expect(withEntries).toThrow('folded curves have entries of 32 steps; allowed is 64');
  expect(() => unpackCurves({ ...folded, epoch: [1] })).toThrow('a column of 1 values; allowed is 3, as steps');
});
