import { afterEach, expect, test, vi } from 'vitest';

import { Rate, TimeLeft } from './rate.ts';

afterEach(() => vi.restoreAllMocks());

let nowMs = 0;
function atTimes() {
  nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
}

test('a rate is that of the last minute, and begins anew with a number that falls', () => {
  atTimes();
  const rate = new Rate();
  expect(rate.update(0)).toBeUndefined();
  for (nowMs = 1000; nowMs <= 100_000; nowMs += 1000) rate.update(nowMs / 1000);
  expect(rate.update(100)).toBeCloseTo(1, 6);
  for (; nowMs <= 200_000; nowMs += 1000) rate.update(100 + (nowMs - 100_000) / 100);
  expect(rate.update(1100)).toBeCloseTo(10, 0);
  expect(rate.update(3)).toBeUndefined();
});

test('what is left is told from the share that is done, not at once and not of what is done', () => {
  atTimes();
  const left = new TimeLeft();
  expect(left.update(0)).toBeUndefined();
  nowMs = 1000;
  expect(left.update(0.1)).toBeUndefined();
  nowMs = 2000;
  expect(left.update(0.2)).toBeCloseTo(8, 6);
  expect(left.update(1)).toBeUndefined();
});
