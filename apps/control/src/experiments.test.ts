import { beforeEach, expect, test } from 'vitest';

import { type ExperimentCall, experimentFileSchema, experimentSchema, keys, subjects } from '#lib/contracts';
import { jsonBytes, requireJson } from '#lib/storage';

import {
  changeHead,
  finished,
  giveUp,
  probeResult,
  putDataset,
  storedHead,
  tinyControl,
  type TinyControl,
} from './control.fixture.ts';

let tiny: TinyControl;
beforeEach(async () => {
  tiny = tinyControl();
  await putDataset(tiny, 'pets');
});

const call = (file: object = {}, changes: Record<string, string> = {}): ExperimentCall => ({
  name: 'both',
  file: experimentFileSchema.parse({
    kind: 'experiment',
    version: 1,
    title: 'Both',
    runs: [
      { recipe: 'tiny', reported: { knn: 0.4 } },
      { recipe: 'tiny', label: 'narrow', set: { predictorWidth: 4 } },
    ],
    ...file,
  }),
  changes,
  dataset: 'pets',
});
const start = (...given: Parameters<typeof call>) => tiny.control.experiments.start(call(...given));
const was = ({ runs }: Awaited<ReturnType<typeof start>>) => runs.map((run) => run.was);

test('registers the experiment with its runs, and asks for a worker for each in the file’s order', async () => {
  const { experiment, joined, runs } = await start();
  expect(experiment).toMatch(/^both-[0-9a-f]{8}$/);
  expect(joined).toBe(false);
  const stored = await requireJson(tiny.store, keys.experiment(experiment), experimentSchema);
  expect(stored.runs.map(({ run, label, reported }) => ({ run, label, reported }))).toEqual([
    { run: runs[0]?.run, label: 'tiny', reported: { knn: 0.4 } },
    { run: runs[1]?.run, label: 'narrow', reported: null },
  ]);
  expect(tiny.subjects()).toEqual(runs.map(({ run }) => subjects.pretrain('simsiam', run)));
  expect(stored.runs.map(({ spec }) => spec)).toEqual(
    await Promise.all(runs.map(({ run }) => tiny.control.runs.spec(run))),
  );
});

test('stores nothing when one of its runs is refused', async () => {
  await expect(start({}, { 'probe.k': '99' })).rejects.toThrow('runs.0 (tiny): probe.k: 99 neighbours');
  await expect(tiny.control.experiments.start({ ...call(), dataset: 'petz' })).rejects.toThrow('did you mean "pets"');
  expect(await tiny.control.runs.names()).toEqual([]);
  expect(await tiny.control.experiments.names()).toEqual([]);
  expect(tiny.published).toEqual([]);
});

test('started again it joins what is there: finished runs count, stopped and failed ones go on', async () => {
  const first = await start();
  const [one, two] = first.runs.map(({ run }) => run) as [string, string];
  expect(was(first)).toEqual(['started', 'started']);
  const again = await start();
  expect(again).toMatchObject({ experiment: first.experiment, joined: true });
  expect(was(again)).toEqual(['going on', 'going on']);
  await changeHead(tiny, one, finished);
  await tiny.control.runs.stop(two);
  expect(was(await start())).toEqual(['finished', 'resumed']);
  expect(await storedHead(tiny, two)).toMatchObject({ state: 'queued', wanted: 'run' });
  await giveUp(tiny, two, 'out of memory');
  expect(was(await start())).toEqual(['finished', 'resumed']);
  expect((await tiny.control.runs.head(two)).state).toBe('queued');
});

test('a run that another experiment has made is not made again', async () => {
  await start();
  const other = await start({ runs: [{ recipe: 'tiny' }, { recipe: 'tiny', label: 'more', set: { batch: 4 } }] });
  expect(other.joined).toBe(false);
  expect(was(other)).toEqual(['going on', 'started']);
  expect(await tiny.control.runs.names()).toHaveLength(3);
});

test('what control left undone when it ended is done by the next pass', async () => {
  const { experiment, runs } = await start();
  const { run } = runs[1] as (typeof runs)[number];
  await tiny.store.delete(keys.runHead(run));
  await tiny.store.delete(keys.runSpec(run));
  tiny.published.splice(0);
  await tiny.control.reconciler.all();
  expect(await storedHead(tiny, run)).toMatchObject({ state: 'queued' });
  expect(tiny.subjects()).toContain(subjects.pretrain('simsiam', run));
  expect((await tiny.control.experiments.detail(experiment)).runs).toHaveLength(2);
});

test('tells where its runs stand and what is still to be measured', async () => {
  const { experiment, runs } = await start();
  const [one] = runs.map(({ run }) => run) as [string];
  await changeHead(tiny, one, finished);
  const detail = await tiny.control.experiments.detail(experiment);
  expect(detail).toMatchObject({ experiment, title: 'Both', dataset: 'pets' });
  expect(
    detail.runs.map(({ label, summary, probesPending }) => ({ label, state: summary.state, probesPending })),
  ).toEqual([
    {
      label: 'tiny',
      state: 'finished',
      probesPending: ['knn of untrained resnet20-v2', `knn of ${one}`, 'knn of raw pixels'],
    },
    { label: 'narrow', state: 'queued', probesPending: [] },
  ]);
  expect(await tiny.control.experiments.summaries()).toMatchObject([
    {
      experiment,
      title: 'Both',
      runs: [
        { label: 'tiny', state: 'finished' },
        { label: 'narrow', state: 'queued' },
      ],
    },
  ]);
  await expect(tiny.control.experiments.detail('bith-12345678')).rejects.toThrow(`did you mean "${experiment}"`);
});

test('its table keeps the file’s order and labels, and shows what was reported beside what was measured', async () => {
  const { experiment, runs } = await start();
  const [one, two] = runs.map(({ run }) => run) as [string, string];
  await changeHead(tiny, two, { createdAt: '2020-01-01T00:00:00.000Z' });
  const rows = async (...which: Parameters<typeof tiny.control.compare>) =>
    (await tiny.control.compare(...which)).rows.map(({ label, reported }) => ({ label, reported }));
  expect(await rows([], undefined, experiment)).toEqual([
    { label: 'tiny', reported: { knn: 0.4 } },
    { label: 'narrow', reported: null },
  ]);
  expect(await rows([], 'pets')).toEqual([
    { label: two, reported: null },
    { label: one, reported: { knn: 0.4 } },
  ]);
});

test('runs that differ in seed alone are followed by their mean and spread', async () => {
  const { experiment, runs } = await start({ seeds: [1, 2], runs: [{ recipe: 'tiny' }] });
  for (const [i, { run }] of runs.entries()) {
    await changeHead(tiny, run, finished);
    const result = probeResult('knn', { kind: 'checkpoint', run, step: 10 }, 0.5 + 0.2 * i);
    const figures = { samples: 8, rankMe: 4 + 2 * i, std: 0.5, spreadStd: 0.5, alignment: 0.1, uniformity: -1 };
    await tiny.store.create(keys.probe(run, 10, 'knn'), jsonBytes({ ...result, figures }));
  }
  const { rows } = await tiny.control.compare([], undefined, experiment);
  expect(rows.map(({ row, label, seeds }) => [row, label, seeds])).toEqual([
    ['run', 'tiny, seed 1', [1]],
    ['run', 'tiny, seed 2', [2]],
    ['group', 'tiny, 2 seeds', [1, 2]],
  ]);
  const [, , group] = rows;
  expect(group).toMatchObject({ run: null, rankMe: 5, linear: null, imagesSeen: 80, imagesPerSecond: 20 });
  expect(group?.knn).toBeCloseTo(0.6);
  expect(group?.spread?.knn).toBeCloseTo(Math.SQRT2 * 0.1);
  expect(group?.spread).toMatchObject({ rankMe: Math.SQRT2, linear: null });
});
