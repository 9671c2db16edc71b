import { expect, test } from 'vitest';

import { ago, secondsLeft } from './format.ts';

test('what was is told in the largest unit', () => {
  expect(ago(0, 59_000)).toBe('just now');
  expect(ago(0, 61_000)).toBe('1 min ago');
  expect(ago(0, 7_300_000)).toBe('2 h ago');
  expect(ago(0, 200_000_000)).toBe('2 d ago');
});

test('the time left follows from the pace of a run that goes on, and of no other', () => {
  const run = { state: 'running', step: 10, totalSteps: 110, imagesPerSecond: 50, batch: 5 };
  expect(secondsLeft(run)).toBe(10);
  expect(secondsLeft({ ...run, state: 'stopped' })).toBeUndefined();
  expect(secondsLeft({ ...run, imagesPerSecond: null })).toBeUndefined();
  expect(secondsLeft({ ...run, totalSteps: null })).toBeUndefined();
});
