import { beforeEach, expect, test } from 'vitest';

import { keys } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import {
  changeHead,
  finished,
  giveUp,
  probeResult,
  putDataset,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  tiny.published.length = 0;
});
const asked = async () => {
  tiny.published.length = 0;
  await tiny.control.reconciler.all();
  return tiny.subjects();
};

test('asks for runs that wait or run, and for nothing that is stopped, blocked, failed or given up', async () => {
  expect(await asked()).toEqual(['unlabel.pretrain.simsiam.one']);
  await changeHead(tiny, 'one', { state: 'running' });
  expect(await asked()).toEqual(['unlabel.pretrain.simsiam.one']);
  await giveUp(tiny, 'one', 'crashed its worker 5 times');
  expect(await asked()).toEqual([]);
  for (const state of ['stopped', 'blocked', 'failed'] as const) {
    await changeHead(tiny, 'one', { state });
    expect(await asked()).toEqual([]);
  }
});

test('a run that is wanted stopped is not asked for', async () => {
  await changeHead(tiny, 'one', { state: 'running', wanted: 'stop' });
  expect(await asked()).toEqual([]);
});

test('asks for the figures that a finished run lacks, and for none that are there or were given up', async () => {
  await changeHead(tiny, 'one', finished);
  const all = await asked();
  expect(all).toHaveLength(3);
  expect(all.slice(0, 2)).toEqual(['unlabel.probe.run.one.0.knn', 'unlabel.probe.run.one.10.knn']);
  expect(all[2]).toMatch(/^unlabel\.probe\.pixels\.pets\.[0-9a-f]{16}\.knn$/);
  await tiny.store.create(
    keys.probe('one', 10, 'knn'),
    jsonBytes(probeResult('knn', { kind: 'checkpoint', run: 'one', step: 10 }, 0.5)),
  );
  await tiny.store.create(keys.failedMark(keys.probe('one', 0, 'knn')), jsonBytes({ reason: 'no' }));
  expect(await asked()).toEqual([all[2]]);
});

test('the event that a run is finished asks for its figures at once', async () => {
  await changeHead(tiny, 'one', finished);
  tiny.control.receive({ version: 1, type: 'run-state', run: 'one', state: 'finished', step: 10, reason: null });
  await expect.poll(() => tiny.published.length).toBe(3);
});

test('asks for the plan of a request until the dataset is ready', async () => {
  await changeHead(tiny, 'one', { state: 'stopped' });
  const options = { sources: ['/images'], holdout: 0.1, tune: 0.05, maxPixels: 1000 };
  const { request } = await tiny.control.datasets.ingest({ dataset: 'birds', options });
  expect(await asked()).toEqual([`unlabel.ingest.birds.plan.${request}`]);
});

test('makes the head of a run whose start was cut off, then asks for its worker', async () => {
  await tiny.store.delete(keys.runHead('one'));
  expect(await asked()).toEqual(['unlabel.pretrain.simsiam.one']);
  expect(await tiny.control.runs.head('one')).toMatchObject({ state: 'queued' });
});

test('what fails keeps neither the rest nor the next pass from being done', async () => {
  await tiny.store.create(keys.runSpec('broken'), new TextEncoder().encode('not JSON'));
  await tiny.store.create(keys.runHead('broken'), new TextEncoder().encode('{}'));
  await expect(asked()).rejects.toThrow('runs/broken/spec.json: not JSON');
  expect(tiny.subjects()).toEqual(['unlabel.pretrain.simsiam.one']);
  await tiny.store.delete(keys.runSpec('broken'));
  expect(await asked()).toEqual(['unlabel.pretrain.simsiam.one']);
});
