import { expect, test } from 'vitest';

import { type CheckpointEntry, keys, newRunHead, type RunHead, runHeadSchema, type RunSpec } from '#lib/contracts';
import { jsonBytes, openMemoryStore, requireJson } from '#lib/storage';

import { CheckpointCommits } from './checkpoint-commits.ts';
import { OwnedHead } from './claim.ts';

const run = 'one';
const spec = {
  checkpoint: { everyEpochs: 1, everySeconds: 60, keep: 1 },
  earlyStopping: { on: 'probe-linear', patienceProbes: 3, minChange: 0 },
  probe: { everyEpochs: 1, waitEpochs: 1, tuneKinds: ['knn', 'linear'] },
} as Partial<RunSpec> as RunSpec;

async function open(change: Partial<RunHead> = {}, isPictured?: (entry: CheckpointEntry) => boolean) {
  const store = openMemoryStore();
  const at = '2026-01-01T00:00:00.000Z';
  const head = runHeadSchema.parse({ ...newRunHead(run, at), ...change });
  await store.create(keys.runHead(run), jsonBytes(head));
  const failures: Error[] = [];
  const owned = await OwnedHead.claim(store, run);
  const commits = new CheckpointCommits(store, owned, spec, (e) => void failures.push(e), isPictured);
  const add = async (step: number) => {
    const folder = keys.checkpoint(run, step, 1);
    await store.create(keys.checkpointFile(folder, 'manifest.json'), jsonBytes({}));
    const entry: CheckpointEntry = { step, cursor: { epoch: step, batch: 0 }, kind: 'fixed', folder, sizeBytes: 1 };
    let told = false;
    commits.add({ type: 'checkpoint', entry, metrics: null, trainSeconds: step, waitSeconds: 0 }, () => (told = true));
    await commits.settled;
    expect(told).toBe(true);
  };
  const look = async () => {
    commits.look();
    await commits.settled;
    expect(failures).toEqual([]);
  };
  const stored = () => requireJson(store, keys.runHead(run), runHeadSchema);
  const kept = async () => (await stored()).checkpoints.map(({ step }) => step);
  const put = (step: number, kind: 'knn' | 'linear', top1: number) =>
    store.create(keys.probe(run, step, kind, 'tune'), jsonBytes(result(step, kind, top1)));
  return { store, commits, add, look, stored, kept, put };
}

function result(step: number, kind: string, top1: number): object {
  const scores = { precision: top1, recall: top1, f1: top1 };
  return {
    format: 'unlabel.probe',
    version: 1,
    kind,
    encoder: { kind: 'checkpoint', run, step },
    measuredOn: {
      dataset: 'd',
      contentHash: 'c'.repeat(64),
      split: 'tune',
      trainSamples: 1,
      evalSamples: 1,
      featureSize: 1,
    },
    options: {},
    top1,
    top5: null,
    perClass: [],
    macro: scores,
    weighted: scores,
    confusion: [],
    report: '',
    seconds: 1,
    codeVersion: '0',
    device: 'cpu',
  };
}

test('checkpoints wait for their probes, then only the best and the last ones stay', async () => {
  const { add, look, kept, put, stored, store } = await open();
  for (const step of [1, 2, 3]) await add(step);
  await look();
  expect(await kept()).toEqual([1, 2, 3]);
  await put(1, 'linear', 0.4);
  await put(2, 'linear', 0.3);
  await put(3, 'knn', 0.9); // not what early stopping follows
  await look();
  expect(await kept()).toEqual([1, 3]);
  expect((await stored()).best).toEqual({ step: 1, metric: 'linear', value: 0.4 });
  expect(await store.head(keys.checkpointFile(keys.checkpoint(run, 2, 1), 'manifest.json'))).toBeUndefined();
  await put(3, 'linear', 0.5);
  await look();
  await add(4);
  expect(await kept()).toEqual([3, 4]);
  expect((await stored()).best).toEqual({ step: 3, metric: 'linear', value: 0.5 });
});

test('of equal figures the earlier checkpoint is the best, and a probe that was given up holds nothing', async () => {
  const { add, look, kept, put, stored, store } = await open();
  for (const step of [1, 2, 3]) await add(step);
  await put(2, 'linear', 0.5);
  await put(3, 'linear', 0.5);
  await store.create(keys.failedMark(keys.probe(run, 1, 'linear', 'tune')), jsonBytes({ version: 1, reason: 'no' }));
  await look();
  expect(await kept()).toEqual([2, 3]);
  expect((await stored()).best?.step).toBe(2);
});

test('a checkpoint is kept until its pictures are there or were given up', async () => {
  const { add, look, kept, put, store } = await open({}, ({ step }) => step <= 2);
  for (const step of [1, 2, 3, 4]) {
    await add(step);
    await put(step, 'linear', step / 10);
  }
  await look();
  expect(await kept()).toEqual([1, 2, 4]);
  await store.create(keys.picturesMade(run, 1, 'encoder'), jsonBytes({}));
  await look();
  expect(await kept()).toEqual([2, 4]);
  await store.create(keys.failedMark(keys.picturesMade(run, 2, 'encoder')), jsonBytes({ version: 1, reason: 'no' }));
  await look();
  expect(await kept()).toEqual([4]);
});

test('a later owner goes on from the best that the head names', async () => {
  const best = { step: 7, metric: 'linear' as const, value: 0.8 };
  const { add, look, put, stored } = await open({ best });
  await add(8);
  await put(8, 'linear', 0.7);
  await look();
  expect((await stored()).best).toEqual(best);
});

test('a reading is there when all that rules follow is, and a probe that was given up is told by key and reason', async () => {
  const { commits, put, store } = await open();
  await put(1, 'knn', 0.2);
  expect(await commits.tune.reading(1)).toBeUndefined();
  await put(1, 'linear', 0.3);
  expect(await commits.tune.reading(1)).toEqual({ step: 1, linear: 0.3 });
  const key = keys.probe(run, 2, 'linear', 'tune');
  await store.create(keys.failedMark(key), jsonBytes({ version: 1, reason: 'crashed 5 times' }));
  expect(await commits.tune.reading(2)).toEqual({ key, reason: 'crashed 5 times' });
});
