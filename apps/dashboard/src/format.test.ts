import { expect, test } from 'vitest';

import { ago, bytes, count, duration, figure, percent, secondsLeft } from './format.ts';

test.each([
  [0.1234, '12.3 %'],
  [null, '–'],
  [undefined, '–'],
])('a share of %j is %s', (share, text) => expect(percent(share)).toBe(text));

test('counts have separators', () => expect(count(1234567)).toBe('1,234,567'));

test.each([
  [0, '0'],
  [0.123456, '0.1235'],
  [12.3456, '12.35'],
  [1234.5, '1235'],
  [0.0001234, '1.23e-4'],
  [123456, '1.23e+5'],
  [NaN, '–'],
])('the figure %d is %s', (value, text) => expect(figure(value)).toBe(text));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_600, '1.0 MB'],
  [123_456_789, '123 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (size, text) => expect(bytes(size)).toBe(text));

test.each([
  [0, '0 s'],
  [0.25, '250 ms'],
  [59.6, '1 min'],
  [61, '1 min 1 s'],
  [3600, '1 h'],
  [90_061, '1 d 1 h'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

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
