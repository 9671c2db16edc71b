import { expect, test } from 'vitest';

import { sparkPath } from './sparkline.ts';

test('the least value lies at the bottom, the largest at the top', () => {
  expect(sparkPath([1, 3, 2], 10, 12)).toBe('M0.0 11.0L5.0 1.0L10.0 6.0');
});

test('a constant is a level line, and less than two values are no line', () => {
  expect(sparkPath([2, 2], 10, 12)).toBe('M0.0 11.0L10.0 11.0');
  expect(sparkPath([2], 10, 12)).toBe('');
});
