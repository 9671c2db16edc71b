import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { RunCurves, StepMetrics } from '#lib/contracts';

import { isRepeating, withSteps, withTail } from './live-tail.ts';

const step = (number: number, loss = number): StepMetrics => ({
  step: number,
  epoch: Math.floor(number / 10),
  loss,
  terms: {},
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 100,
  waitSeconds: 0,
  ...(number % 3 === 0 && { monitors: { embeddingStd: 1, embeddingSize: 4, rankMe: number, monitorSeconds: 0 } }),
  at: number,
});
const empty = (stepsPerPoint: number): RunCurves => ({
  run: 'a',
  steps: 0,
  stepsPerPoint,
  step: [],
  epoch: [],
  at: [],
  curves: {},
});

test('steps that a later attempt repeats take the place of the earlier ones', () => {
  const tail = withSteps(
    withSteps(
      [],
      [1, 2, 3, 4].map((each) => step(each)),
    ),
    [step(3, 7)],
  );
  expect(tail.map(({ step, loss }) => [step, loss])).toEqual([
    [1, 1],
    [2, 2],
    [3, 7],
  ]);
});

test('a tail that repeats what was fetched says so', () => {
  const curves = withTail(empty(1), [step(1), step(2)], 8);
  expect(isRepeating(curves, [step(3)])).toBe(false);
  expect(isRepeating(curves, [step(2)])).toBe(true);
  expect(isRepeating(empty(1), [])).toBe(false);
});

test('a tail in points of several steps has their means, and no step is lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 }), (size, count) => {
      const tail = Array.from({ length: count }, (_, i) => step(i + 1));
      const { steps, curves, step: last } = withTail(empty(size), tail, 8);
      expect(steps).toBe(count);
      expect(last.at(-1)).toBe(count === 0 ? undefined : count);
      const loss = curves['loss'] ?? { mean: [], min: [], max: [] };
      for (const [i, mean] of loss.mean.entries()) {
        const of = tail.filter((each) => Math.floor((each.step - 1) / size) === i).map(({ loss }) => loss);
        expect(mean).toBeCloseTo(of.reduce((a, b) => a + b, 0) / of.length);
        expect([loss.min[i], loss.max[i]]).toEqual([Math.min(...of), Math.max(...of)]);
      }
    }),
  );
});

test('a quantity that begins in the tail has nothing before it', () => {
  const before = withTail(empty(1), [step(1), step(2)], 8);
  const { curves } = withTail(before, [step(3)], 8);
  expect(before.curves['rankMe']).toBeUndefined();
  expect(curves['rankMe']?.mean).toEqual([null, null, 3]);
  expect(curves['loss']?.mean).toEqual([1, 2, 3]);
});
