import fc from 'fast-check';
import { expect, test } from 'vitest';

import { meanRatio } from './mean-ratio.ts';

test('twice as much and half as much are nothing in the mean', () => {
  const { mean, standardError } = meanRatio([2, 0.5]);
  expect(mean).toBeCloseTo(1, 12);
  expect(standardError).toBeCloseTo(Math.LN2, 12);
});

test('ratios turned over give the mean turned over, with the same error', () => {
  const ratio = fc.double({ min: 0.1, max: 10, noNaN: true });
  fc.assert(
    fc.property(fc.array(ratio, { minLength: 2, maxLength: 20 }), (ratios) => {
      const [one, other] = [meanRatio(ratios), meanRatio(ratios.map((each) => 1 / each))];
      expect(one.mean * other.mean).toBeCloseTo(1, 9);
      expect(one.standardError).toBeCloseTo(other.standardError, 9);
    }),
  );
});

test('equal ratios have no error, and one alone tells nothing of it', () => {
  expect(meanRatio([0.9, 0.9, 0.9]).standardError).toBeCloseTo(0, 12);
  expect(() => meanRatio([1])).toThrow('two ratios above 0 are needed at least, got 1');
  expect(() => meanRatio([1, 0])).toThrow('got 1, 0');
  expect(() => meanRatio([])).toThrow('got none');
});
