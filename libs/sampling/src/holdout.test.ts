import fc from 'fast-check';
import { expect, test } from 'vitest';

import { sha256Text } from '#lib/contracts';

import { fractionOf, holdout } from './holdout.ts';

const ids = Array.from({ length: 100 }, (_, i) => `cats/${i}.jpg`);

test('takes the ids with the smallest sha256, whatever order they come in', () => {
  const want = [...ids].sort((a, b) => (sha256Text(a) < sha256Text(b) ? -1 : 1)).slice(0, 10);
  expect([...holdout(ids, 0.1)].sort()).toEqual(want.sort());
  expect(holdout([...ids].reverse(), 0.1)).toEqual(holdout(ids, 0.1));
});

test('takes ⌊n · fraction⌋ ids, counting decimal fractions as they are written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (count, percent) => {
      expect(holdout(ids.slice(0, count), percent / 100).size).toBe(Math.floor((count * percent) / 100));
    }),
  );
});

test('a fraction is independent of the holdout and grows by adding', () => {
  const both = [...fractionOf(ids, 0.5)].filter((id) => holdout(ids, 0.5).has(id)).length;
  expect(both).toBeGreaterThan(12);
  expect(both).toBeLessThan(38);
  expect([...fractionOf(ids, 0.1)].every((id) => fractionOf(ids, 0.3).has(id))).toBe(true);
});

test('refuses a fraction outside 0 to 1 by value', () => {
  expect(() => holdout(ids, 1.5)).toThrow('fraction: 1.5 is outside 0 to 1');
  expect(() => fractionOf(ids, NaN)).toThrow('fraction: NaN is outside 0 to 1');
});
