import fc from 'fast-check';
import { expect, test } from 'vitest';

import { otherRows, stratifiedSubset } from './stratified-subset.ts';

const options = { fraction: 0.1, least: 1, spare: 0, salt: 'test\n' };
const samples = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 80 })
  .map((labels) => ({ labels: Int32Array.from(labels), ids: labels.map((label, row) => `${label}/${row}.png`) }));
const countOf = (labels: Iterable<number>) => {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
};

test('takes a part of each class, at least one row, each row once, in order', () => {
  fc.assert(
    fc.property(samples, fc.constantFrom(0.01, 0.1, 0.29, 1), ({ labels, ids }, fraction) => {
      const rows = stratifiedSubset(ids, labels, { ...options, fraction });
      const taken = countOf(Array.from(rows, (row) => labels[row]!));
      for (const [label, count] of countOf(labels))
        expect(taken.get(label)).toBe(Math.max(1, Math.floor(Number((count * fraction).toFixed(6)))));
      expect(Array.from(rows)).toEqual([...new Set(rows)].sort((a, b) => a - b));
    }),
  );
});

test('depends on ids, not on their order, and on the salt; a smaller part lies within a larger', () => {
  const labels = new Int32Array(200);
  const ids = Array.from(labels, (_, row) => `image-${row}`);
  const idsOf = (names: string[], change: Partial<typeof options> = {}) =>
    Array.from(stratifiedSubset(names, labels, { ...options, ...change }), (row) => names[row]!).sort();
  expect(idsOf(ids.toReversed())).toEqual(idsOf(ids));
  expect(idsOf(ids, { salt: 'other\n' })).not.toEqual(idsOf(ids));
  const ten = new Set(idsOf(ids));
  expect(ten.size).toBe(20);
  expect(idsOf(ids, { fraction: 0.01 }).every((id) => ten.has(id))).toBe(true);
});

test('spares rows of every class, so that a class of one gives none', () => {
  const labels = Int32Array.of(0, 1, 1, 1);
  const rows = stratifiedSubset(['a', 'b', 'c', 'd'], labels, { ...options, fraction: 1, spare: 1 });
  expect(Array.from(rows, (row) => labels[row])).toEqual([1, 1]);
  expect(otherRows(rows, 4)).toHaveLength(2);
});

test('refuses ids that do not belong to the labels, and a part that is none', () => {
  expect(() => stratifiedSubset(['a'], Int32Array.of(0, 1), options)).toThrow('1 ids for 2 labels');
  expect(() => stratifiedSubset(['a'], Int32Array.of(0), { ...options, fraction: 2 })).toThrow('the part is 2');
});
