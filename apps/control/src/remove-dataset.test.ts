import { beforeEach, expect, test } from 'vitest';

import { datasetDetailSchema, datasetRemovedSchema, type DatasetIndex, type IngestPart, keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import {
  changeHead,
  finished,
  probeResult,
  putDataset,
  sha,
  tinyControl,
  tinyIndex,
  type TinyControl,
} from './control.fixture.ts';
import { apiRoutes } from './routes.ts';

/** Jobs of ingest that wait or are in work. */
let jobs: number;
let tiny: TinyControl;
beforeEach(async () => {
  jobs = 0;
  const states = async () => [{ stage: 'ingest' as const, pending: jobs, inFlight: 0, ended: 0 }];
  tiny = tinyControl({ queues: { states, deadLetters: async () => 0 } });
  await putDataset(tiny, 'pets', { index: indexOf('a', 'b') });
});

const shard = (digit: string): DatasetIndex['shards'][number] => ({
  split: 'train',
  key: keys.shard(sha(digit), 'small'),
  sizeBytes: 1000,
  samples: 40,
  sha256: sha(digit),
});
const indexOf = (...digits: string[]) => tinyIndex({ shards: digits.map(shard) });
const start = (run: string) => tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run });
const remove = (force = false, dataset = 'pets') => tiny.control.datasetRemoval.remove(dataset, { force });
async function objects(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of tiny.store.list(prefix)) found.push(key);
  return found;
}
const options = { sources: ['/images'], holdout: 0.1, tune: 0.05, maxPixels: 1000 };

test('of a dataset that is removed a tombstone is left; its name is free again', async () => {
  expect(await remove()).toEqual({ dataset: 'pets', freedBytes: 2000, keptBytes: 0, stopped: [], isSwept: true });
  expect(await objects('')).toEqual([keys.datasetHead('pets')]);
  const { datasets } = tiny.control;
  expect(await datasets.summaries()).toEqual([]);
  for (const ask of [datasets.ready('pets'), datasets.detail('pets'), remove(), start('one')])
    await expect(ask).rejects.toThrow('unknown dataset "pets"');

  const { request } = await datasets.ingest({ dataset: 'pets', options });
  expect(await datasets.summary('pets')).toMatchObject({ state: 'planning', request, contentHash: null });
  await expect(datasets.ready('pets')).rejects.toThrow('is not ready yet');
});

test('shards that another dataset holds stay, also those of its ingest that is not complete', async () => {
  await putDataset(tiny, 'cats', { contentHash: sha('d'), index: indexOf('b') });
  await tiny.store.create(keys.shard(sha('e'), 'small'), jsonBytes({}));
  const part: IngestPart = {
    format: 'unlabel.ingest-part',
    version: 1,
    shard: shard('a'),
    classCounts: [],
    setAside: [],
  };
  await tiny.store.create(keys.ingestPart('cats', sha('f'), 0), jsonBytes(part));
  const { disk } = datasetDetailSchema.parse(
    await (await apiRoutes(tiny.control, async (_, next) => next()).request('/api/datasets/pets')).json(),
  );
  expect(disk).toMatchObject({ shardsBytes: 2000, sharedBytes: 1000 });
  expect(disk.recordsBytes).toBeGreaterThan(100);
  expect(await remove()).toMatchObject({ freedBytes: 0, keptBytes: 2000 });
  expect(await objects('shards/')).toEqual(['a', 'b', 'e'].map((digit) => shard(digit).key));
  expect((await tiny.control.datasets.ready('cats')).index.shards).toHaveLength(1);
});

test('a dataset that runs use which are not over is kept, and they are named; force stops them', async () => {
  await start('trains');
  await start('waits');
  await start('ended');
  await changeHead(tiny, 'trains', { state: 'running', attempt: 1 });
  await changeHead(tiny, 'ended', finished);
  await expect(remove()).rejects.toThrow('pets is used by 2 runs that are not over: trains (running), waits (queued)');
  expect(await tiny.control.datasets.summaries()).toHaveLength(1);
  expect(await remove(true)).toMatchObject({ stopped: ['trains', 'waits'], isSwept: true });
  expect(await tiny.control.runs.head('trains')).toMatchObject({ wanted: 'stop', state: 'running' });
  expect(await tiny.control.runs.head('waits')).toMatchObject({ wanted: 'stop', state: 'stopped' });
  await expect(tiny.control.runs.resume('waits')).rejects.toThrow('its dataset pets was removed');
});

test('a run that is started while its dataset is removed, takes it back or does not come to be', async () => {
  const { replace } = tiny.store;
  tiny.store.replace = async (key, ...rest) => {
    tiny.store.replace = replace;
    await start('late'); // between the look at who uses it and the tombstone
    return tiny.store.replace(key, ...rest);
  };
  await expect(remove()).rejects.toThrow('late (queued)');
  expect((await tiny.control.datasets.ready('pets')).head.contentHash).toBe(sha('c'));
  expect(await objects('shards/')).toHaveLength(2);

  await tiny.control.removal.remove('late');
  const { create } = tiny.store;
  tiny.store.create = async (key, bytes) => {
    if (key === keys.runSpec('later')) {
      tiny.store.create = create;
      await remove(); // after its spec was checked
    }
    return create(key, bytes);
  };
  await expect(start('later')).rejects.toThrow('its dataset pets was removed');
  expect(await objects('runs/later/')).toEqual([]);
});

test('a removal that was cut off is completed by the reconciler', async () => {
  const all = await objects('');
  for (let deleted = 0; deleted < all.length - 1; deleted++) {
    const { delete: deleteOne } = tiny.store;
    let left = deleted;
    tiny.store.delete = async (key) => {
      if (left-- <= 0) throw new Error('cut off');
      return deleteOne(key);
    };
    await expect(remove()).rejects.toThrow('cut off');
    expect(await tiny.control.datasets.summaries()).toEqual([]);
    tiny.store.delete = deleteOne;
    await tiny.control.reconciler.all();
    expect(await objects('')).toEqual([keys.datasetHead('pets')]);
    const { version = '' } = (await tiny.store.head(keys.datasetHead('pets'))) ?? {};
    expect(version).not.toBe('');
    await tiny.store.delete(keys.datasetHead('pets'));
    await putDataset(tiny, 'pets', { index: indexOf('a', 'b') });
  }
});

test('while an ingest is under way nothing is deleted that it may count on; it goes when the queue is empty', async () => {
  jobs = 1;
  expect(await remove()).toEqual({ dataset: 'pets', freedBytes: 0, keptBytes: 0, stopped: [], isSwept: false });
  expect(await objects('shards/')).toHaveLength(2);
  const { datasets, reconciler } = tiny.control;
  expect(await datasets.summaries()).toEqual([]);
  await expect(datasets.ingest({ dataset: 'pets', options })).rejects.toThrow('dataset pets is being removed');
  await reconciler.all();
  expect(await objects('shards/')).toHaveLength(2);

  jobs = 0;
  await datasets.ingest({ dataset: 'cats', options }); // asked for, and its message may be lost
  await reconciler.all();
  expect(await objects('shards/')).toHaveLength(2);
  await putDataset(tiny, 'cats', { contentHash: sha('d'), index: indexOf('b') });
  await changeRequests();
  await reconciler.all();
  expect(await objects('shards/')).toEqual([shard('b').key]);
  expect(await objects('datasets/pets/')).toEqual([keys.datasetHead('pets')]);
});

/** Lets what was asked for be ready, as if its head had been written after. */
async function changeRequests(): Promise<void> {
  for (const key of await objects(keys.ingestRequests('cats')))
    if (!key.endsWith('/r1.json')) await tiny.store.delete(key);
}

test('what a fenced ingest wrote after its dataset was swept goes, too; what was asked for anew stays', async () => {
  await remove();
  const late = keys.ingestPlan('pets', sha('f'));
  await tiny.store.create(late, jsonBytes({}));
  await tiny.control.reconciler.all();
  expect(await objects('datasets/pets/')).toEqual([keys.datasetHead('pets')]);
  await tiny.control.datasets.ingest({ dataset: 'pets', options });
  await tiny.store.create(late, jsonBytes({}));
  await tiny.control.reconciler.all();
  expect(await objects('datasets/pets/')).toHaveLength(3);
});

test('runs that ended on it keep what was measured, and nothing more is asked for', async () => {
  await start('one');
  await changeHead(tiny, 'one', finished);
  const baseline = keys.pixelBaseline('pets', sha('9'), 'knn');
  await tiny.store.create(baseline, jsonBytes(probeResult('knn', { kind: 'pixels' }, 0.3)));
  await remove();
  expect(await objects('datasets/pets/')).toEqual([baseline, keys.datasetHead('pets')]);
  tiny.published.length = 0;
  await tiny.control.reconciler.all();
  expect(tiny.published).toEqual([]);
  await expect(
    tiny.control.probes.ask('one', { kinds: ['knn'], checkpoint: 'last', split: 'eval', again: false }),
  ).rejects.toThrow('its dataset pets was removed');
  expect((await tiny.control.runs.detail('one')).summary.state).toBe('finished');
});

test('it is removed by the API', async () => {
  await start('waits');
  const app = apiRoutes(tiny.control, async (_, next) => next());
  const call = (query: string) => app.request(`/api/datasets/pets${query}`, { method: 'DELETE' });
  expect((await call('')).status).toBe(409);
  expect((await call('?force=perhaps')).status).toBe(400);
  expect(datasetRemovedSchema.parse(await (await call('?force=true')).json())).toMatchObject({ stopped: ['waits'] });
  expect((await call('')).status).toBe(400);
});
