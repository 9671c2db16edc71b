import { beforeEach, expect, test } from 'vitest';

import { type IngestPlan, keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import { putDataset, sha, tinyControl, type TinyControl } from './control.fixture.ts';

let tiny: TinyControl;
beforeEach(() => (tiny = tinyControl()));
const options = { sources: ['/images'], holdout: 0.1, tune: 0.05, maxPixels: 1000 };

async function plan(request: string): Promise<void> {
  const planned: IngestPlan = {
    format: 'unlabel.ingest-plan',
    version: 1,
    images: { kind: 'large' },
    classes: [],
    maxPixels: 1000,
    revision: '1',
    parts: [1, 2].map((images) => ({ split: 'train', images, sha256: sha('d') })),
    listingSetAside: [],
  };
  await tiny.store.create(keys.ingestPlan('pets', sha('b')), jsonBytes(planned));
  await tiny.store.create(
    keys.ingestPlanned('pets', request),
    jsonBytes({ format: 'unlabel.ingest-planned', version: 1, planHash: sha('b'), notes: ['as it is'] }),
  );
}

test('an ingest writes its request, then asks for its plan, and says where it stands', async () => {
  const { datasets } = tiny.control;
  const { request } = await datasets.ingest({ dataset: 'pets', options });
  expect(request).toMatch(/^r\d{17}$/);
  expect(tiny.published).toEqual([
    {
      subject: `unlabel.ingest.pets.plan.${request}`,
      job: { version: 1, kind: 'plan', dataset: 'pets', request, traceId: request },
    },
  ]);
  expect(await datasets.summary('pets')).toMatchObject({ state: 'planning', parts: null, source: '/images' });
  await plan(request);
  await tiny.store.create(keys.ingestPart('pets', sha('b'), 0), jsonBytes({}));
  expect(await datasets.summary('pets')).toMatchObject({
    state: 'ingesting',
    parts: 2,
    partsDone: 1,
    notes: ['as it is'],
  });
});

test('a plan or a part that was given up is a failed ingest with its reason', async () => {
  const { datasets } = tiny.control;
  const { request } = await datasets.ingest({ dataset: 'pets', options });
  const planMark = keys.failedMark(keys.ingestPlanned('pets', request));
  await tiny.store.create(planMark, jsonBytes({ reason: 'no such folder' }));
  expect(await datasets.summary('pets')).toMatchObject({ state: 'failed', reason: 'no such folder' });
  await tiny.store.delete(planMark);
  await plan(request);
  await tiny.store.create(keys.failedMark(keys.ingestPart('pets', sha('b'), 1)), jsonBytes({ reason: 'disk gone' }));
  expect(await datasets.summary('pets')).toMatchObject({ state: 'failed', reason: 'disk gone', partsDone: 0 });
});

test('a ready dataset tells splits, classes, size and images', async () => {
  await putDataset(tiny, 'pets');
  const { datasets } = tiny.control;
  expect(await datasets.summaries()).toEqual([
    expect.objectContaining({
      dataset: 'pets',
      state: 'ready',
      contentHash: sha('c'),
      splits: { train: 40, tune: 2, eval: 8 },
      classes: 2,
      images: '32 × 32',
      sizeBytes: 1000,
      reason: null,
    }),
  ]);
  expect((await datasets.detail('pets')).index?.classes).toHaveLength(2);
});

test('a newer request is on its way while the ready one can still be trained on', async () => {
  await putDataset(tiny, 'pets');
  const { datasets } = tiny.control;
  await datasets.ingest({ dataset: 'pets', options });
  expect(await datasets.summary('pets')).toMatchObject({ state: 'planning', contentHash: sha('c') });
  expect((await datasets.ready('pets')).head.contentHash).toBe(sha('c'));
});

test('a dataset that is not ready is a conflict; one that does not exist gets the nearest name', async () => {
  const { datasets } = tiny.control;
  await datasets.ingest({ dataset: 'pets', options });
  await expect(datasets.ready('pets')).rejects.toThrow('dataset pets is not ready yet');
  await expect(datasets.ready('pts')).rejects.toThrow('did you mean "pets"?');
  await expect(datasets.detail('pts')).rejects.toThrow('did you mean "pets"?');
});
