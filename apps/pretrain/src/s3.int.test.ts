import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ControlClient } from '#lib/client';
import { type S3Server, startS3Server } from '#lib/testing';

import { Pipeline, tinyRun } from './pipeline.fixture.ts';

let s3: S3Server;
let pipeline: Pipeline;

beforeAll(async () => {
  s3 = await startS3Server();
  pipeline = await Pipeline.start(s3);
}, 180_000);

afterAll(async () => {
  await pipeline?.[Symbol.asyncDispose]();
  await s3?.[Symbol.asyncDispose]();
}, 60_000);

test('images become trained and probed weights through services that share an S3 server and NATS only', async () => {
  const { client } = pipeline;
  await client.startRun({ recipe: 'demo-mae', dataset: 'tiny', run: 'on-s3', changes: { ...maeRun } });
  expect(await pipeline.finished('on-s3')).toBe(1);
  const { head, resolved } = await client.run('on-s3');
  expect(head.checkpoints.at(-1)?.step).toBe(resolved?.totalSteps);
  const probes = await pipeline.until('the figures', async () => {
    const detail = await client.run('on-s3');
    return detail.probesPending.length === 0 && detail.probes;
  });
  expect(probes.map(({ encoder, kind }) => `${encoder.kind} ${kind}`).sort()).toEqual([
    'checkpoint knn',
    'untrained knn',
  ]);
  expect((await client.metrics('on-s3')).metrics).toHaveLength(resolved?.totalSteps ?? -1);
}, 300_000);

test('a run waits for an S3 server that is away, and goes on in the same attempt; who watches hears of each checkpoint', async () => {
  const { client } = pipeline;
  await using told = listen(client);
  await client.startRun({
    recipe: 'demo-simsiam',
    dataset: 'tiny',
    run: 'away',
    changes: { ...tinyRun, 'probe.kinds': '[]' },
  });
  await pipeline.until('step 30', async () => (await client.run('away')).summary.step >= 30);
  await s3.kill();
  await sleep(2000);
  await s3.restart();
  expect(await pipeline.finished('away')).toBe(1);
  const { metrics } = await client.metrics('away');
  expect(metrics.map(({ step }) => step)).toEqual(metrics.map((_, i) => i + 1));
  const kept = (await client.run('away')).head.checkpoints.map(({ step }) => step);
  await expect.poll(() => told.steps).toEqual(expect.arrayContaining(kept));
}, 300_000);

/** Hears at which steps the state of a run that trains is told. */
function listen(client: ControlClient) {
  const steps: number[] = [];
  const end = new AbortController();
  const hears = (async () => {
    for await (const event of client.events(end.signal))
      if (event.type === 'run-state' && event.state === 'running') steps.push(event.step);
  })();
  return { steps, [Symbol.asyncDispose]: () => (end.abort(), hears) };
}

const { batch, blockSamples } = tinyRun;
const maeRun: Record<string, string> = {
  batch: batch ?? '16',
  blockSamples: blockSamples ?? '32',
  epochs: '2',
  decoderWidth: '16',
  decoderDepth: '1',
  'backbone.options.depth': '1',
  'probe.k': '5',
  'probe.kinds': '[knn]',
  'probe.trainSamples': '64',
  'probe.pictures': 'none',
};
