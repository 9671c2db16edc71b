import { expect, test } from 'vitest';

import { PipelineRates } from './pipeline-rates.ts';

function rate(...samples: [seconds: number, ended: number][]): number {
  const rates = new PipelineRates();
  for (const [seconds, ended] of samples) rates.add('augment', ended, seconds * 1000);
  expect(rates.perMinute('probe')).toBe(0);
  return rates.perMinute('augment');
}

test('jobs of the last minute count, older ones do not', () => {
  expect(rate([0, 0], [30, 1000], [60, 1000], [90, 1010])).toBe(10);
});

test('less than a minute is taken at its pace, and one moment tells nothing', () => {
  expect(rate([0, 5], [10, 10])).toBe(30);
  expect(rate([0, 5])).toBe(0);
});

test('a stream that was made anew counts from its own beginning', () => {
  expect(rate([0, 500], [10, 510], [20, 0], [30, 5])).toBe(30);
});
