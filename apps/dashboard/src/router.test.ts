import fc from 'fast-check';
import { expect, test } from 'vitest';

import { hashOf, placeOf, titleOf } from './router.ts';

test.each([
  ['', { page: 'runs' }],
  ['#', { page: 'runs' }],
  ['#/', { page: 'runs' }],
  ['#/runs', { page: 'runs' }],
  ['#/runs/mae-1', { page: 'run', run: 'mae-1' }],
  ['#/compare', { page: 'compare', runs: [] }],
  ['#/compare?runs=a,b,a', { page: 'compare', runs: ['a', 'b'] }],
  ['#/datasets/pets', { page: 'dataset', dataset: 'pets' }],
  ['#/pipeline', { page: 'pipeline' }],
])('%j leads to its page', (hash, place) => {
  expect(placeOf(hash)).toEqual(place);
});

test.each(['#/nowhere', '#/runs/a/b', '#/runs/..', '#/runs/%2e%2e%2fetc', '#/pipeline/x', '#/runs/%', '#/datasets/A'])(
  '%j is no place',
  (hash) => {
    expect(placeOf(hash)).toEqual({ page: 'unknown', hash });
  },
);

test('names that are none are left out of a comparison', () => {
  expect(placeOf('#/compare?runs=a,../b,,c')).toEqual({ page: 'compare', runs: ['a', 'c'] });
});

test('the address of a place leads back to it', () => {
  const id = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
  const place = fc.oneof(
    id.map((run) => ({ page: 'run' as const, run })),
    id.map((dataset) => ({ page: 'dataset' as const, dataset })),
    fc.uniqueArray(id).map((runs) => ({ page: 'compare' as const, runs })),
    fc.constantFrom({ page: 'runs' as const }, { page: 'datasets' as const }, { page: 'pipeline' as const }),
  );
  fc.assert(fc.property(place, (at) => void expect(placeOf(hashOf(at))).toEqual(at)));
});

test('the window is called after what it shows', () => {
  expect(titleOf(placeOf('#/runs/mae-1'))).toBe('mae-1 · Unlabel');
  expect(titleOf(placeOf('#/x'))).toBe('Not found · Unlabel');
});
