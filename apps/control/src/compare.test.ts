import { beforeEach, expect, test } from 'vitest';

import { keys, pixelsHash, type ProbeResult } from '#lib/contracts';
import { jsonBytes } from '#lib/storage';

import {
  changeHead,
  finished,
  probeResult,
  putDataset,
  sha,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
});
const start = (run: string, dataset = 'pets', changes: Record<string, string> = {}) =>
  tiny.control.runs.start({ recipe: 'tiny', dataset, changes, run });
const put = (key: string, result: ProbeResult) => tiny.store.create(key, jsonBytes(result));

test('leads with raw pixels and the untrained encoder, once each, then a row a run', async () => {
  await start('one');
  await start('two');
  for (const run of ['one', 'two']) {
    await changeHead(tiny, run, finished);
    await put(keys.probe(run, 0, 'knn'), probeResult('knn', { kind: 'untrained', run }, 0.3));
  }
  await put(keys.probe('one', 10, 'knn'), probeResult('knn', { kind: 'checkpoint', run: 'one', step: 10 }, 0.7));
  await put(
    keys.pixelBaseline('pets', pixelsHash(await tiny.control.runs.spec('one')), 'knn'),
    probeResult('knn', { kind: 'pixels' }, 0.25),
  );
  const { rows, notes, trainSamples, evalSamples } = await tiny.control.compare([], undefined);
  expect(rows.map(({ row, label, knn }) => ({ row, label, knn }))).toEqual([
    { row: 'pixels', label: 'raw pixels', knn: 0.25 },
    { row: 'untrained', label: 'untrained resnet20-v2', knn: 0.3 },
    { row: 'run', label: 'one', knn: 0.7 },
    { row: 'run', label: 'two', knn: null },
  ]);
  expect(rows[2]).toMatchObject({ imagesSeen: 80, trainSeconds: 4, imagesPerSecond: 20, state: 'finished' });
  expect({ trainSamples, evalSamples, notes }).toEqual({ trainSamples: 40, evalSamples: 8, notes: [] });
});

test('baselines that were measured in two ways say in what they differ', async () => {
  await start('one');
  await start('two', 'pets', { 'probe.k': '7' });
  for (const run of ['one', 'two']) {
    await put(keys.probe(run, 0, 'knn'), probeResult('knn', { kind: 'untrained', run }, 0.3));
    const hash = pixelsHash(await tiny.control.runs.spec(run));
    await put(keys.pixelBaseline('pets', hash, 'knn'), probeResult('knn', { kind: 'pixels' }, 0.25));
  }
  const { k } = (await tiny.control.runs.spec('one')).probe;
  const { rows } = await tiny.control.compare([], undefined);
  expect(rows.flatMap(({ row, label }) => (row === 'run' ? [] : [label]))).toEqual([
    `raw pixels, probe.k ${k}`,
    'raw pixels, probe.k 7',
    `untrained resnet20-v2, probe.k ${k}`,
    'untrained resnet20-v2, probe.k 7',
  ]);
});

test('says when figures of one kind were measured on different numbers of images', async () => {
  await start('one');
  await changeHead(tiny, 'one', finished);
  const result = probeResult('knn', { kind: 'untrained', run: 'one' }, 0.3);
  await put(keys.probe('one', 0, 'knn'), result);
  await put(keys.probe('one', 10, 'knn'), { ...result, measuredOn: { ...result.measuredOn, trainSamples: 20 } });
  expect((await tiny.control.compare(['one'], undefined)).notes[0]).toContain('not all rows were measured alike');
});

test('refuses runs of different data', async () => {
  await putDataset(tiny, 'birds', { contentHash: sha('e') });
  await start('one');
  await start('other', 'birds');
  await expect(tiny.control.compare(['one', 'other'], undefined)).rejects.toThrow(
    'runs one and other are of different data (pets cccccccc, birds eeeeeeee)',
  );
  await expect(tiny.control.compare(['one'], 'birds')).rejects.toThrow('run one is of dataset pets, not of birds');
});

test('without names it takes the runs of the newest run’s dataset, or of the one asked for', async () => {
  await putDataset(tiny, 'birds', { contentHash: sha('e') });
  await start('one');
  await start('other', 'birds');
  await changeHead(tiny, 'one', { createdAt: '2020-01-01T00:00:00.000Z' });
  const labels = async (dataset?: string) => (await tiny.control.compare([], dataset)).rows.map(({ label }) => label);
  expect(await labels()).toEqual(['other']);
  expect(await labels('pets')).toEqual(['one']);
});

test('one name given twice is one row; without a run there is nothing to compare', async () => {
  await expect(tiny.control.compare([], undefined)).rejects.toThrow('there is no run to compare yet');
  await expect(tiny.control.compare([], 'pets')).rejects.toThrow('dataset pets has no run yet');
  await start('one');
  expect((await tiny.control.compare(['one', 'one'], undefined)).rows).toHaveLength(1);
});
