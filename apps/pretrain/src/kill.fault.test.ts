import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { Pipeline, tinyRun } from './pipeline.fixture.ts';

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await Pipeline.start();
}, 180_000);

afterAll(() => pipeline[Symbol.asyncDispose](), 60_000);

/** Monitors are read, a probe on tune is waited for, and rules watch both; none is ever met. */
const watched = {
  ...tinyRun,
  epochs: '20',
  'monitors.everySteps': '10',
  'probe.everyEpochs': '10',
  'probe.waitEpochs': '5',
  earlyStopping:
    '[{ on: online-knn, patienceReadings: 50 }, { on: probe-knn, patienceProbes: 50 }, { on: loss, patienceEpochs: 50 }]',
};
const start = (run: string) =>
  pipeline.client.startRun({ recipe: 'demo-simsiam', dataset: 'tiny', changes: watched, run });
const step = async (run: string) => (await pipeline.client.run(run)).summary.step;

test('a run whose worker is killed twice ends with the byte-identical checkpoint of an undisturbed run', async () => {
  const { client } = pipeline;
  await start('undisturbed');
  expect(await pipeline.finished('undisturbed')).toBe(1);
  await start('killed');
  for (const at of [20, 70]) {
    await pipeline.until(`step ${at}`, async () => (await step('killed')) >= at);
    await pipeline.kill('pretrain');
    await pipeline.begin('pretrain');
  }
  expect(await pipeline.finished('killed')).toBeGreaterThanOrEqual(3);
  expect(await pipeline.finalManifest('killed')).toBe(await pipeline.finalManifest('undisturbed'));
  const seen = async (run: string) =>
    (await client.metrics(run)).metrics.map(({ step, loss, monitors, tuneProbe }) => [
      step,
      loss,
      monitors && { ...monitors, monitorSeconds: 0 },
      tuneProbe,
    ]);
  const lines = await seen('undisturbed');
  expect(await seen('killed')).toEqual(lines);
  expect(lines.filter(([, , monitors]) => monitors)).toHaveLength(12);
  expect(lines.flatMap(([step, , , tuneProbe]) => (tuneProbe ? [step] : []))).toEqual([90]);
}, 240_000);

test('a run goes on through a nats-server that is killed and comes back', async () => {
  await start('without-nats');
  await pipeline.until('step 30', async () => (await step('without-nats')) >= 30);
  await pipeline.nats.kill();
  await sleep(1500);
  await pipeline.nats.restart();
  expect(await pipeline.finished('without-nats')).toBe(1);
  expect(await pipeline.finalManifest('without-nats')).toBe(await pipeline.finalManifest('undisturbed'));
}, 240_000);

test('a finished run is probed, and its table carries the baselines', async () => {
  const comparison = await pipeline.until('the figures', async () => {
    const { probesPending, probes } = await pipeline.client.run('undisturbed');
    const onEval = probes.filter(({ measuredOn }) => measuredOn.split === 'eval');
    return probesPending.length === 0 && onEval.length === 2 && pipeline.client.compare({ runs: ['undisturbed'] });
  });
  expect(comparison.rows.map(({ row }) => row)).toEqual(['pixels', 'untrained', 'run']);
  for (const { knn } of comparison.rows) expect(knn).toBeGreaterThanOrEqual(0);
  expect(comparison).toMatchObject({ trainSamples: 64, evalSamples: 12, notes: [] });
  const { head, probes } = await pipeline.client.run('undisturbed');
  const onTune = probes.filter(({ measuredOn }) => measuredOn.split === 'tune');
  expect(onTune).toHaveLength(2);
  expect(head.best?.value).toBe(Math.max(...onTune.map(({ top1 }) => top1)));
  expect(head.checkpoints.map(({ step }) => step)).toContain(head.best?.step);
}, 180_000);

test('a run that is stopped and resumed ends where the undisturbed one ended', async () => {
  await start('stopped');
  await pipeline.until('step 20', async () => (await step('stopped')) >= 20);
  await pipeline.client.stopRun('stopped');
  await pipeline.until('the stop', async () => (await pipeline.client.run('stopped')).summary.state === 'stopped');
  await pipeline.client.resumeRun('stopped');
  await pipeline.finished('stopped');
  expect(await pipeline.finalManifest('stopped')).toBe(await pipeline.finalManifest('undisturbed'));
}, 240_000);

test('a fork goes on where its parent ended, with steps of its own after those', async () => {
  const { client } = pipeline;
  const { run } = await client.forkRun('undisturbed', { changes: { epochs: '24' }, run: 'fork' });
  await pipeline.finished(run);
  const last = await step('undisturbed');
  const { metrics } = await client.metrics(run);
  expect(metrics.map((line) => line.step)).toEqual(Array.from({ length: last / 5 }, (_, i) => last + 1 + i));
}, 240_000);

test('a run that is removed while it trains is let go of, and nothing of it stays but its tombstone', async () => {
  await start('removed');
  await pipeline.until('step 20', async () => (await step('removed')) >= 20);
  await pipeline.client.removeRun('removed');
  expect((await pipeline.client.runs()).map(({ run }) => run)).not.toContain('removed');
  await start('after');
  expect(await pipeline.finished('after')).toBe(1); // the worker takes other work
  const isSwept = async () => (await pipeline.objects('runs/removed/')).join() === 'runs/removed/head.json';
  await pipeline.until('the sweep', isSwept); // once more within a minute, if the training process wrote on
}, 240_000);
