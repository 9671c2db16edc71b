import { expect, test } from 'vitest';

import { keys } from '#lib/contracts';

import { putDataset, sha, tinyControl, tinyIndex, tinyRecipe } from './control.fixture.ts';

test('the recipe alone tells what a run was asked to do otherwise', async () => {
  const tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: { epochs: '5' }, run: 'one' });
  const { spec } = await tiny.control.runs.recipe('one');
  expect(spec).toEqual({ ...(await tiny.control.runs.spec('one')), epochs: 2 });
});

test('a recipe that is gone, or a dataset that was ingested anew, gives none', async () => {
  const tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  const later = tinyControl({ store: tiny.store, recipes: new Map([['other', tinyRecipe]]) });
  expect(await later.control.runs.recipe('one')).toEqual({ recipe: 'tiny', spec: null });
  await tiny.store.delete(keys.datasetHead('pets'));
  expect(await tiny.control.runs.recipe('one')).toEqual({ recipe: 'tiny', spec: null });
  await putDataset(tiny, 'pets', { contentHash: sha('d'), index: tinyIndex() });
  expect(await tiny.control.runs.recipe('one')).toEqual({ recipe: 'tiny', spec: null });
});

test('runs that differ in seed alone are told to be of one group', async () => {
  const tiny = tinyControl();
  await putDataset(tiny, 'pets');
  for (const [run, changes] of Object.entries({ a: {}, b: { seed: '7' }, c: { epochs: '3' } }))
    await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes, run });
  const groups = new Map((await tiny.control.runs.summaries()).map(({ run, specGroup }) => [run, specGroup]));
  expect(groups.get('a')).toBe(groups.get('b'));
  expect(groups.get('a')).not.toBe(groups.get('c'));
});
