import { expect, test } from 'vitest';

import { bytes, clock, count, duration, figure, percent } from './in-words.ts';

test.each([
  [0.1234, '12.34 %'],
  [null, '–'],
  [undefined, '–'],
])('a share of %j is %s', (share, text) => expect(percent(share)).toBe(text));

test('a share is given in as many digits as asked for', () => expect(percent(0.1234, 0)).toBe('12 %'));

test('counts have separators', () => expect(count(1234567)).toBe('1,234,567'));

test.each([
  [0, '0'],
  [0.123456, '0.1235'],
  [12.3456, '12.35'],
  [0.1, '0.1'],
  [1234.5, '1235'],
  [0.0001234, '1.23e-4'],
  [123456, '1.23e5'],
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

test.each([
  [0, '0:00'],
  [83, '1:23'],
  [3599.6, '1:00:00'],
  [36_061, '10:01:01'],
])('%d seconds are %s in a table', (seconds, text) => expect(clock(seconds)).toBe(text));

test.each([percent, count, figure, bytes, duration, clock])('%o gives a dash for what is not known', (inWords) => {
  expect([null, undefined, NaN, Infinity].map((value) => inWords(value))).toEqual(['–', '–', '–', '–']);
});
