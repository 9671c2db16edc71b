import fc from 'fast-check';
import { expect, test } from 'vitest';

import { smooth } from './smoothing.ts';

const weight = fc.double({ min: 0, max: 0.99, noNaN: true });

test('a constant stays what it is from its first value on', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), weight, (value, by) => {
      for (const each of smooth([value, value, value, value], by)) expect(each).toBeCloseTo(value, 6);
    }),
  );
});

test('what is smoothed lies between the least and the largest value so far', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1 }), weight, (values, by) => {
      for (const [i, each] of smooth(values, by).entries()) {
        const before = values.slice(0, i + 1);
        expect(each).toBeGreaterThanOrEqual(Math.min(...before) - 1e-9);
        expect(each).toBeLessThanOrEqual(Math.max(...before) + 1e-9);
      }
    }),
  );
});

test('the second value weighs as the debiased average says', () => {
  expect(smooth([1, 3], 0.5)[1]).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75);
});

test('what was not read stays unread and changes nothing', () => {
  expect(smooth([null, 2, null, 2], 0.9)).toEqual([null, expect.closeTo(2), null, expect.closeTo(2)]);
  expect(smooth([1, null, 5], 0)).toEqual([1, null, 5]);
});
