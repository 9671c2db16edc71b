import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ControlClient } from '#lib/client';
import { ingestOptionsSchema, keys, runHeadSchema } from '#lib/contracts';
import { openStore, requireJson } from '#lib/storage';
import {
  makeImageFolder,
  startNatsServer,
  startService,
  type ServiceName,
  type ServiceProcess,
  temporaryFolder,
} from '#lib/testing';

/** A run of 240 steps that takes seconds. */
const changes: Record<string, string> = {
  'backbone.options.width': '4',
  projectorWidth: '16',
  predictorWidth: '8',
  batch: '16',
  epochs: '40',
  'probe.k': '5',
  'probe.trainSamples': '64',
  'checkpoint.everySeconds': '1',
  blockSamples: '32',
  'probe.kinds': '[knn]',
};

const services = new Map<ServiceName, ServiceProcess>();
let nats: Awaited<ReturnType<typeof startNatsServer>>;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let env: NodeJS.ProcessEnv;
let client: ControlClient;
let storage: string;

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 1200; tries++) {
    const found = await look();
    if (found) return found;
    await sleep(100);
  }
  throw new Error(`${what} did not happen; pretrain says:\n${services.get('pretrain')?.output().slice(-3000)}`);
}

beforeAll(async () => {
  folder = await temporaryFolder('kill');
  nats = await startNatsServer();
  storage = pathToFileURL(`${folder.path}/storage`).href;
  env = { NATS_URL: nats.url, UNLABEL_STORAGE: storage, UNLABEL_ACK_WAIT_MS: '2000', UNLABEL_THREADS: '1' };
  const port = 20_000 + (process.pid % 20_000);
  services.set('control', await startService('control', { ...env, UNLABEL_PORT: String(port) }));
  for (const name of ['ingest', 'augment', 'pretrain', 'probe'] as const)
    services.set(name, await startService(name, env));
  client = new ControlClient(`http://127.0.0.1:${port}`);
  const images = `${folder.path}/images`;
  await makeImageFolder(images, { classes: 3, perClass: 40, size: 16 });
  await client.ingest({ dataset: 'tiny', options: ingestOptionsSchema.parse({ sources: [images] }) });
  await until('ingest', async () => (await client.dataset('tiny')).summary.state === 'ready');
}, 180_000);

afterAll(async () => {
  await Promise.all([...services.values()].map((service) => service.stop()));
  await nats?.stop();
  await folder?.[Symbol.asyncDispose]();
}, 60_000);

/** sha256 of every file of the final checkpoint, and of its manifest. */
async function finalCheckpoint(run: string): Promise<string> {
  const store = openStore(storage);
  const head = await requireJson(store, keys.runHead(run), runHeadSchema);
  const last = head.checkpoints.at(-1);
  expect(last?.kind).toBe('final');
  const manifest = await store.get(keys.checkpointFile(last?.folder ?? '', 'manifest.json'));
  return new TextDecoder().decode(manifest?.bytes);
}

async function finished(run: string): Promise<number> {
  await until(`the end of ${run}`, async () => {
    const { summary } = await client.run(run);
    if (summary.state === 'failed' || summary.state === 'blocked')
      throw new Error(`${run} is ${summary.state}: ${summary.reason}`);
    return summary.state === 'finished';
  });
  return (await client.run(run)).head.attempt;
}

test('a run whose worker is killed twice ends with the byte-identical checkpoint of an undisturbed run', async () => {
  await client.startRun({ recipe: 'demo-simsiam', dataset: 'tiny', changes, run: 'undisturbed' });
  expect(await finished('undisturbed')).toBe(1);
  await client.startRun({ recipe: 'demo-simsiam', dataset: 'tiny', changes, run: 'killed' });
  for (const step of [30, 120]) {
    await until(`step ${step}`, async () => (await client.run('killed')).summary.step >= step);
    await services.get('pretrain')?.kill();
    services.set('pretrain', await startService('pretrain', env));
  }
  expect(await finished('killed')).toBeGreaterThanOrEqual(3);
  expect(await finalCheckpoint('killed')).toBe(await finalCheckpoint('undisturbed'));
  const { metrics } = await client.metrics('killed');
  const { metrics: expected } = await client.metrics('undisturbed');
  expect(metrics.map(({ step, loss }) => [step, loss])).toEqual(expected.map(({ step, loss }) => [step, loss]));
}, 180_000);

test('a finished run is probed, and its table carries the baselines', async () => {
  const comparison = await until('the figures', async () => {
    const { probesPending, probes } = await client.run('undisturbed');
    return probesPending.length === 0 && probes.length === 2 && client.compare({ runs: ['undisturbed'] });
  });
  expect(comparison.rows.map(({ row }) => row)).toEqual(['pixels', 'untrained', 'run']);
  for (const { knn, linear } of comparison.rows)
    for (const share of [knn, linear]) expect(share).toBeGreaterThanOrEqual(0);
}, 120_000);

test('a run that is stopped goes on where it was when it is resumed', async () => {
  const run = 'stopped';
  await client.startRun({ recipe: 'demo-simsiam', dataset: 'tiny', changes, run });
  await until('step 20', async () => (await client.run(run)).summary.step >= 20);
  await client.stopRun(run);
  await until('the stop', async () => (await client.run(run)).summary.state === 'stopped');
  await client.resumeRun(run);
  await finished(run);
  expect(await finalCheckpoint(run)).toBe(await finalCheckpoint('undisturbed'));
}, 120_000);
