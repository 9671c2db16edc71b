import fc from 'fast-check';
import { expect, test } from 'vitest';

import { clicked, sorted } from './sorting.ts';

test('numbers go by size, texts by words and the numbers in them', () => {
  expect(sorted([10, 9, 100], (each) => each, false)).toEqual([9, 10, 100]);
  expect(sorted(['run-10', 'run-9', 'Run-1'], (each) => each, false)).toEqual(['Run-1', 'run-9', 'run-10']);
});

test('what has no value comes last, whichever way round', () => {
  for (const isDescending of [true, false])
    expect(sorted([null, 2, undefined, 1], (each) => each, isDescending).slice(2)).toEqual([null, undefined]);
});

test('sorting loses nothing and leaves equal ones in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ key: fc.integer({ min: 0, max: 3 }), id: fc.nat() })), (items) => {
      const ordered = sorted(items, ({ key }) => key, false);
      expect(ordered).toHaveLength(items.length);
      for (const key of [0, 1, 2, 3])
        expect(ordered.filter((each) => each.key === key)).toEqual(items.filter((each) => each.key === key));
    }),
  );
});

test('a second click on a head turns the order round', () => {
  const once = clicked({ by: 'run', isDescending: false }, 'knn', true);
  expect(once).toEqual({ by: 'knn', isDescending: true });
  expect(clicked(once, 'knn', true)).toEqual({ by: 'knn', isDescending: false });
});
