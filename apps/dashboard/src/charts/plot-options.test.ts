import { expect, test } from 'vitest';

import { seriesIndex, tickText } from './plot-options.ts';

test.each([
  ['0.1000', '0.1'],
  ['10.0 %', '10 %'],
  ['1.00e-4', '1e-4'],
  ['1.20e+5', '1.2e+5'],
  ['100', '100'],
  ['2.0 GB', '2 GB'],
  ['1.05', '1.05'],
])('beside an axis %s is %s', (text, shown) => expect(tickText(text)).toBe(shown));

test('the parts of a line have places of their own in the table, after x', () => {
  const places = [0, 1].flatMap((line) =>
    (['min', 'max', 'raw', 'line'] as const).map((part) => seriesIndex(line, part)),
  );
  expect(places).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
