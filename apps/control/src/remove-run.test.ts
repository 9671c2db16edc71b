import { beforeEach, expect, test } from 'vitest';

import { experimentFileSchema, keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import {
  changeHead,
  finished,
  giveUp,
  putDataset,
  storedHead,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';

let tiny: TinyControl;
const start = (run: string) => tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run });
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await start('one');
  await start('one-more');
});

const checkpoint = keys.checkpointFile(keys.checkpoint('one', 10, 1), 'model.safetensors');
async function objects(run: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of tiny.store.list(`runs/${run}/`)) found.push(key);
  return found;
}

test('of a run that is removed a tombstone is left, which fences whoever owned it; other runs are left alone', async () => {
  await changeHead(tiny, 'one', { state: 'running', attempt: 3, nonce: 'owner' });
  await tiny.store.create(checkpoint, new Uint8Array(3));
  await tiny.control.removal.remove('one');
  expect(await objects('one')).toEqual([keys.runHead('one')]);
  const head = await storedHead(tiny, 'one');
  expect(head).toMatchObject({ state: 'removed', wanted: 'stop', attempt: 4, checkpoints: [], metrics: [] });
  expect(head.nonce).not.toBe('owner');
  expect(await objects('one-more')).toHaveLength(3);
  expect((await tiny.control.runs.summaries()).map(({ run }) => run)).toEqual(['one-more']);
});

test('finished, failed and given up runs can be removed, and an id be used again', async () => {
  await changeHead(tiny, 'one', finished);
  await giveUp(tiny, 'one-more', 'crashed its worker 5 times');
  for (const run of ['one', 'one-more']) await tiny.control.removal.remove(run);
  expect(await tiny.control.runs.summaries()).toEqual([]);
  await start('one');
  expect(await storedHead(tiny, 'one')).toMatchObject({ state: 'queued', wanted: 'run', attempt: 2 });
});

test('a run that does not exist, or was removed, is unknown', async () => {
  await tiny.control.removal.remove('one');
  await expect(tiny.control.removal.remove('one')).rejects.toThrow('did you mean "one-more"');
  await expect(tiny.control.runs.resume('one')).rejects.toThrow('did you mean "one-more"');
});

test('a removal that was cut off is completed, and what a fenced worker wrote after it goes, too', async () => {
  await tiny.control.removal.remove('one');
  await tiny.store.create(checkpoint, new Uint8Array(3));
  await changeHead(tiny, 'one-more', { state: 'removed' }); // its objects are still there
  tiny.published.length = 0;
  await tiny.control.reconciler.all();
  await tiny.control.reconciler.all();
  expect(await objects('one')).toEqual([keys.runHead('one')]);
  expect(await objects('one-more')).toEqual([keys.runHead('one-more')]);
  expect(tiny.published).toEqual([]);
});

test('an experiment shows the runs that are left, and never starts again the one that was removed', async () => {
  const { experiments, removal, reconciler } = tiny.control;
  const file = experimentFileSchema.parse({
    kind: 'experiment',
    version: 1,
    title: 'Two',
    runs: [{ recipe: 'tiny' }, { recipe: 'tiny', label: 'narrow', set: { predictorWidth: 4 } }],
  });
  const { experiment, runs: begun } = await experiments.start({ name: 'two', file, changes: {}, dataset: 'pets' });
  const [first, second] = begun.map(({ run }) => run) as [string, string];
  await removal.remove(first);
  await reconciler.all();
  expect((await experiments.detail(experiment)).runs.map(({ summary }) => summary.run)).toEqual([second]);
  expect((await experiments.summaries())[0]?.runs.map(({ state }) => state)).toEqual(['removed', 'queued']);
  expect(await objects(first)).toEqual([keys.runHead(first)]);
});

test('bytes of a head that is no head are refused', async () => {
  await tiny.store.create(keys.runSpec('odd'), jsonBytes(await tiny.control.runs.spec('one')));
  await tiny.store.create(keys.runHead('odd'), new TextEncoder().encode('{}'));
  await expect(tiny.control.removal.remove('odd')).rejects.toThrow(keys.runHead('odd'));
});
