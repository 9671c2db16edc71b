import { expect, test } from 'vitest';

import type { DatasetIndex } from '#lib/contracts';

import { classCounts, matching } from './class-counts.ts';

const index = {
  classes: [
    { name: 'Tabby cat', folder: 'n02123045' },
    { name: 'beagle', folder: 'n02088364' },
  ],
  classCounts: { train: [30, 20], tune: [2, 1], eval: [4] },
} as DatasetIndex;

test('each class has its counts, and none where a split has no image of it', () => {
  expect(classCounts(index)).toEqual([
    { index: 0, name: 'Tabby cat', folder: 'n02123045', train: 30, tune: 2, eval: 4, total: 36 },
    { index: 1, name: 'beagle', folder: 'n02088364', train: 20, tune: 1, eval: 0, total: 21 },
  ]);
});

test.each([
  ['', [0, 1]],
  ['CAT', [0]],
  ['n0208', [1]],
  ['dog', []],
])('classes are found by name and folder: %j', (text, found) => {
  expect(matching(classCounts(index), text).map(({ index: at }) => at)).toEqual(found);
});
