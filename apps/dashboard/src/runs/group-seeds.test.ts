import { expect, test } from 'vitest';

import { groupSeeds, spread } from './group-seeds.ts';
import { summary } from './run-summary.fixture.ts';

const specGroup = 'f'.repeat(64);

test('runs that differ in seed alone are one line with mean and spread, where the first of them was', () => {
  const lines = groupSeeds([
    summary('a'),
    summary('s1', { specGroup, seed: 1, knn: 0.5, linear: 0.6 }),
    summary('b'),
    summary('s2', { specGroup, seed: 2, knn: 0.7, linear: null }),
  ]);
  expect(lines.map(({ kind, key }) => [kind, key])).toEqual([
    ['run', 'a'],
    ['group', specGroup],
    ['run', 'b'],
  ]);
  expect(lines[1]).toMatchObject({
    runs: [{ run: 's1' }, { run: 's2' }],
    knn: { mean: 0.6, deviation: expect.closeTo(Math.SQRT2 / 10), count: 2 },
    linear: { mean: 0.6, deviation: null, count: 1 },
  });
});

test('runs of one spec and one seed are no group: there is no spread to show', () => {
  const lines = groupSeeds([summary('a', { specGroup }), summary('b', { specGroup })]);
  expect(lines.map(({ kind }) => kind)).toEqual(['run', 'run']);
});

test('of nothing there is no mean', () => expect(spread([])).toEqual({ mean: null, deviation: null, count: 0 }));
