import { expect, test } from 'vitest';

import { choicesOf, everyRun, filtered } from './filter.ts';
import { summary } from './run-summary.fixture.ts';

const runs = [
  summary('a', { method: 'mae', about: { title: 'Large masks', tags: ['paper', 'best'], notes: '' } }),
  summary('b', { state: 'running', dataset: 'cars', about: { title: null, tags: ['paper'], notes: 'after the fix' } }),
  summary('c', { state: 'failed' }),
];
const names = (filter: Partial<typeof everyRun>) => filtered(runs, { ...everyRun, ...filter }).map(({ run }) => run);

test('without a filter every run is shown', () => expect(names({})).toEqual(['a', 'b', 'c']));

test('every word of the text must be somewhere: in the id, the title, a tag, the notes', () => {
  expect(names({ text: 'MASKS large' })).toEqual(['a']);
  expect(names({ text: 'fix' })).toEqual(['b']);
  expect(names({ text: 'masks fix' })).toEqual([]);
});

test('choices are joined', () => {
  expect(names({ tag: 'paper' })).toEqual(['a', 'b']);
  expect(names({ tag: 'paper', method: 'mae' })).toEqual(['a']);
  expect(names({ state: 'failed', dataset: 'cars' })).toEqual([]);
});

test('one chooses from what is there', () => {
  expect(choicesOf(runs)).toEqual({
    state: ['failed', 'finished', 'running'],
    method: ['mae', 'simsiam'],
    dataset: ['cars', 'pets'],
    tag: ['best', 'paper'],
  });
});
