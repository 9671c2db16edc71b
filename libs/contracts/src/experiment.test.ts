import { expect, test } from 'vitest';

import { experimentFileSchema } from './experiment.ts';

const file = { kind: 'experiment', version: 1, title: 'Two', runs: [{ recipe: 'one' }] };
const issues = (value: unknown) => experimentFileSchema.safeParse(value).error?.issues ?? [];

test('what a file leaves out is written out', () => {
  expect(experimentFileSchema.parse(file)).toEqual({
    ...file,
    description: '',
    datasets: [],
    set: {},
    runs: [{ recipe: 'one', set: {} }],
  });
});

test.each([
  ['no run', { ...file, runs: [] }, 'runs'],
  ['another version', { ...file, version: 2 }, 'version'],
  ['another kind', { ...file, kind: 'recipe' }, 'kind'],
  ['a field that is misspelt', { ...file, seed: [1] }, ''],
  ['a figure above 1', { ...file, runs: [{ recipe: 'one', reported: { linear: 43.23 } }] }, 'runs.0.reported.linear'],
  ['no seed', { ...file, seeds: [] }, 'seeds'],
  ['a negative seed', { ...file, seeds: [-1] }, 'seeds.0'],
  ['two budgets', { ...file, budget: { epochs: 1, minutes: 1 } }, 'budget'],
  ['a budget of nothing', { ...file, budget: { minutes: 0 } }, 'budget.minutes'],
  ['a dataset that is no name', { ...file, datasets: ['../x'] }, 'datasets.0'],
])('refuses %s, naming the field', (_, value, field) => {
  expect(issues(value)[0]?.path.join('.')).toBe(field);
});
