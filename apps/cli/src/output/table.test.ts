import { expect, test } from 'vitest';

import { formatTable } from './table.ts';

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
