import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Bus, connectBus } from '#lib/bus';
import { experimentFileSchema, streamNames } from '#lib/contracts';
import { blocksUsedPerEpoch } from '#lib/sampling';

import { Pipeline } from './pipeline.fixture.ts';

let pipeline: Pipeline;
let bus: Bus;

beforeAll(async () => {
  pipeline = await Pipeline.start();
  bus = await connectBus({ name: 'test', url: pipeline.nats.url });
}, 300_000);

afterAll(async () => {
  await bus?.close();
  await pipeline?.[Symbol.asyncDispose]();
}, 60_000);

const common = {
  'backbone.options.width': 4,
  batch: 16,
  blockSamples: 32,
  epochs: 2,
  earlyStopping: null,
  'probe.k': 5,
  'probe.kinds': ['knn'],
  'probe.trainSamples': 64,
  'probe.pictures': 'none',
};
const file = experimentFileSchema.parse({
  kind: 'experiment',
  version: 1,
  title: 'Two methods on the same views',
  set: common,
  runs: [
    { recipe: 'brief-simsiam', set: { projectorWidth: 16, predictorWidth: 8 }, reported: { linear: 0.2286 } },
    { recipe: 'brief-barlow-twins', set: { projectorWidths: [16, 16] } },
  ],
});

/** Starts the experiment, or joins it, and waits for its runs and what is measured of them. */
async function whole(changes: Record<string, string> = {}) {
  const { client } = pipeline;
  const started = await client.startExperiment({ name: 'pair', file, dataset: 'tiny', changes });
  for (const { run } of started.runs) await pipeline.finished(run);
  const detail = await pipeline.until('the figures', async () => {
    const now = await client.experiment(started.experiment);
    return now.runs.every(({ probesPending }) => probesPending.length === 0) && now;
  });
  return { started, detail };
}
const augmentJobs = async () => (await bus.manager.streams.info(streamNames.augment)).state.last_seq;

test('two methods whose recipes agree train on the same view blocks, each asked for and made once', async () => {
  const { client } = pipeline;
  const { started } = await whole();
  expect(started.notes).toContain('brief-simsiam, brief-barlow-twins train on the same views: each block is made once');
  const resolved = await Promise.all(started.runs.map(async ({ run }) => (await client.run(run)).resolved));
  expect(resolved[0]?.viewsHash).toBe(resolved[1]?.viewsHash);
  const { spec } = await client.run(started.runs[0]?.run ?? '');
  const blocks = spec.epochs * blocksUsedPerEpoch(spec.dataset.trainSamples, spec.batch, spec.blockSamples);
  expect(blocks).toBeGreaterThan(2);
  expect(await pipeline.viewBlocks()).toHaveLength(blocks);
  expect(await augmentJobs()).toBe(blocks);

  const { rows } = await client.compare({ experiment: started.experiment });
  expect(rows.map(({ row, label }) => `${row} ${label}`)).toEqual([
    'pixels raw pixels',
    'untrained untrained resnet20-v2',
    'run brief-simsiam',
    'run brief-barlow-twins',
  ]);
  for (const { knn } of rows) expect(knn).toEqual(expect.any(Number));
  expect(rows[2]).toMatchObject({ epochs: 2, reported: { linear: 0.2286 }, rankMe: expect.any(Number) as number });

  const again = await whole();
  expect(again.started).toMatchObject({ experiment: started.experiment, joined: true });
  expect(again.started.runs.map(({ was }) => was)).toEqual(['finished', 'finished']);
  expect(await augmentJobs()).toBe(blocks);
}, 600_000);

test('a budget in minutes is turned into steps once, by a timed trial; one in images ends within an epoch', async () => {
  const { client } = pipeline;
  const timed = await client.startRun({
    recipe: 'brief-simsiam',
    dataset: 'tiny',
    run: 'timed',
    changes: { ...texts, minutes: '0.02' },
  });
  await pipeline.finished(timed.run);
  const { resolved, head, summary } = await client.run(timed.run);
  const { secondsPerStep } = resolved?.trial ?? { secondsPerStep: NaN };
  expect(resolved?.totalSteps).toBe(Math.max(Math.floor(1.2 / secondsPerStep), 1));
  expect(head.checkpoints.at(-1)?.step).toBe(resolved?.totalSteps);
  expect(summary.totalSteps).toBe(resolved?.totalSteps);

  await client.startRun({
    recipe: 'brief-simsiam',
    dataset: 'tiny',
    run: 'counted',
    changes: { ...texts, images: '135' },
  });
  await pipeline.finished('counted');
  const counted = await client.run('counted');
  expect(counted.resolved).toMatchObject({ totalSteps: 8, trial: null });
  expect(counted.head.checkpoints.at(-1)).toMatchObject({ step: 8, kind: 'final' });
}, 600_000);

const { epochs: _, ...others } = common;
const texts: Record<string, string> = {
  ...Object.fromEntries(Object.entries(others).map(([key, value]) => [key, JSON.stringify(value)])),
  projectorWidth: '16',
  predictorWidth: '8',
  'probe.kinds': '[]',
};
