import { beforeEach, expect, test } from 'vitest';

import { type DatasetTombstone, keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';
import { temporaryFolder } from '#lib/testing';

import { classFiles, type Files, writeFolder } from './fixtures/source.ts';
import { dataset, TestStage } from './fixtures/stage.ts';
import { doIngestJob } from './ingest-jobs.ts';

let files: Files;
let stage: TestStage;
beforeEach(async () => {
  files = await classFiles({ cat: 6, dog: 4 });
  stage = new TestStage();
});

/** Removes the dataset after all that was asked for so far. */
async function bury(): Promise<void> {
  const tombstone: DatasetTombstone = {
    format: 'unlabel.dataset-tombstone',
    version: 1,
    dataset,
    nonce: 'n',
    removedAt: '2026-01-01T00:00:01.500Z', // between the first request and the second
  };
  const version = (await stage.store.head(keys.datasetHead(dataset)))?.version;
  await stage.store.replace(keys.datasetHead(dataset), jsonBytes(tombstone), version);
}
async function parts(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of stage.store.list(`datasets/${dataset}/parts/`)) found.push(key);
  return found;
}

test('jobs of a removed dataset end without a trace, whether its request is still there or not', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, files);
  const request = await stage.ask({ sources: [folder.path] });
  await stage.plan(request);
  await bury();
  await stage.doParts();
  expect(await parts()).toEqual([]);
  await stage.store.delete(keys.ingestRequest(dataset, request));
  await doIngestJob(stage, { version: 1, kind: 'plan', dataset, request, traceId: 't' }, () => undefined);
  expect(stage.jobs).toEqual([]);
  expect(stage.events.map(({ type }) => type)).toEqual(['ingest-planned']);
});

test('a part that was in work while its dataset was removed takes its result back, and no head comes of it', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, files);
  await stage.plan(await stage.ask({ sources: [folder.path] }));
  const { create } = stage.store;
  stage.store.create = async (key, bytes) => {
    if (key.includes('/parts/')) await bury();
    return create(key, bytes);
  };
  await stage.doParts();
  expect(await parts()).toEqual([]);
  expect(stage.events.some(({ type }) => type === 'dataset-ready')).toBe(false);
});

test('a dataset that is asked for anew takes the place of the tombstone', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, files);
  await stage.ingest({ sources: [folder.path] });
  await bury();
  const { contentHash } = await stage.ingest({ sources: [folder.path] });
  const head = JSON.parse(
    new TextDecoder().decode((await stage.store.get(keys.datasetHead(dataset)))?.bytes),
  ) as object;
  expect(head).toMatchObject({ format: 'unlabel.dataset-head', contentHash, request: 'r002' });
});

test('asking anew makes parts whose shard is gone, and only these', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, files);
  const { index } = await stage.ingest({ sources: [folder.path], holdout: 0.25 });
  expect(index.shards).toHaveLength(2);
  const lost = index.shards[1]?.key ?? '';
  await stage.store.delete(lost);
  await stage.plan(await stage.ask({ sources: [folder.path], holdout: 0.25 }));
  expect(stage.jobs).toHaveLength(1);
  await stage.doParts();
  expect(await stage.store.head(lost)).toBeDefined();
});
