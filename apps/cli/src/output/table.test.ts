import { expect, test } from 'vitest';

import { count, duration, formatTable, megabytes, percent } from './table.ts';

test('columns of numbers are set to the right, others to the left, without frame or trailing spaces', () => {
  expect(
    formatTable(
      ['name', 'n'],
      [
        ['one', '5'],
        ['twelve', '1,234'],
      ],
    ).split('\n'),
  ).toEqual(['name    n', 'one         5', 'twelve  1,234'].map((line, i) => (i === 0 ? 'name        n' : line)));
});

test('a dash does not make a column of numbers one of text, a word does', () => {
  const [, dash] = formatTable(
    ['a', 'b'],
    [
      ['–', 'x'],
      ['10', 'y'],
    ],
  ).split('\n');
  expect(dash).toBe(' –  x');
  const [, word] = formatTable(
    ['a', 'b'],
    [
      ['no', 'x'],
      ['100', 'y'],
    ],
  ).split('\n');
  expect(word).toBe('no   x');
});

test('a table without rows is its head', () => {
  expect(formatTable(['name', 'n'], [])).toBe('name  n');
});

test.each([
  [0, '0:00'],
  [83, '1:23'],
  [3599.6, '1:00:00'],
  [36_061, '10:01:01'],
  [null, '–'],
  [Infinity, '–'],
])('%s seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

test('what is not known is a dash', () => {
  expect([percent(null), count(null), megabytes(null)]).toEqual(['–', '–', '–']);
  expect([percent(0.1234), count(50_000), megabytes(1_550_000)]).toEqual(['12.34 %', '50,000', '1.6 MB']);
});
