import { expect, test } from 'vitest';

import { median } from './median.ts';

test('is the middle value, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([3])).toBe(3);
});

test('of an even number of values it is the mean of the two in the middle, compared as numbers', () => {
  expect(median([10, 9, 100, 1])).toBe(9.5);
});

test('leaves its argument as it was, and refuses none', () => {
  const values = [2, 1];
  median(values);
  expect(values).toEqual([2, 1]);
  expect(() => median([])).toThrow('there are no values');
});
