import { expect, test, vi } from 'vitest';

import type { StepMetrics } from '#lib/contracts';

vi.stubGlobal('location', { hash: '' });
const { appendStep } = await import('./data.ts');

const step = (number: number, loss = 1): StepMetrics => ({
  step: number,
  epoch: 0,
  loss,
  terms: {},
  learningRate: 0.1,
  gradientNorm: 1,
  imagesPerSecond: 100,
  waitSeconds: 0,
  at: 0,
});

test('steps that a later attempt repeats replace the earlier ones', () => {
  const steps = [1, 2, 3, 4].map((number) => step(number));
  const again = appendStep(steps, step(3, 7));
  expect(again.map(({ step, loss }) => [step, loss])).toEqual([
    [1, 1],
    [2, 1],
    [3, 7],
  ]);
  expect(appendStep(again, step(4)).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
});
