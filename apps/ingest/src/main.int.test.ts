import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Bus, connectBus, ensureStreams, listDeadLetters, publishJob, subscribeEvents } from '#lib/bus';
import {
  eventSchema,
  type IngestOptions,
  ingestOptionsSchema,
  type IngestPlanJob,
  keys,
  subjects,
  type UnlabelEvent,
} from '#lib/contracts';
import { jsonBytes, openFileStore } from '#lib/storage';
import { type NatsServer, startNatsServer, temporaryFolder } from '#lib/testing';

import { picture } from './fixtures/pictures.ts';
import { classFiles, writeFolder } from './fixtures/source.ts';

let server: NatsServer;
beforeAll(async () => void (server = await startNatsServer()));
afterAll(() => server[Symbol.asyncDispose]());

/** A worker process on a store, with a request for its stage. */
async function openWorker(root: string) {
  const bus = await connectBus({ url: server.url, name: 'test' });
  await ensureStreams(bus);
  const child = spawn(process.execPath, [new URL('main.ts', import.meta.url).pathname], {
    env: { ...process.env, NATS_URL: server.url, UNLABEL_STORAGE: `file://${root}`, UNLABEL_LOG: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exited = once(child, 'exit');
  const store = openFileStore(root);
  return {
    bus,
    store,
    async ask(dataset: string, options: Partial<IngestOptions>) {
      const [version, request] = [1 as const, 'r1'];
      const body = {
        format: 'unlabel.ingest-request',
        version,
        dataset,
        request,
        requestedAt: new Date().toISOString(),
      };
      const key = keys.ingestRequest(dataset, request);
      await store.create(key, jsonBytes({ ...body, options: ingestOptionsSchema.parse(options) }));
      const job: IngestPlanJob = { version, kind: 'plan', dataset, request, traceId: 't' };
      await publishJob(bus, subjects.ingestPlan(dataset, request), job);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      await bus.close();
    },
  };
}

async function subscribe(bus: Bus, hear: (event: UnlabelEvent) => void): Promise<AsyncDisposable> {
  const subject = subjects.eventsDataset('pictures');
  const subscription = await subscribeEvents(bus, subject, ({ message }) => hear(eventSchema.parse(message)));
  return { [Symbol.asyncDispose]: () => subscription.close() };
}

test('the worker turns a request into a dataset, and marks a request that can not be', async () => {
  await using folder = await temporaryFolder();
  const source = await writeFolder(join(folder.path, 'source'), {
    ...(await classFiles({ cat: 30, dog: 20 }, 16)),
    'cat/bad.png': Buffer.from('text'),
    'dog/other.png': await picture(1, 9),
  });
  await using worker = await openWorker(join(folder.path, 'store'));
  const types: string[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  await using _events = await subscribe(worker.bus, ({ type }) => {
    types.push(type);
    if (type === 'dataset-ready') resolve();
  });
  await worker.ask('pictures', { sources: [source], holdout: 0.2 });
  await ready;
  expect(types[0]).toBe('ingest-planned');
  expect(await worker.store.head(keys.datasetHead('pictures'))).toBeDefined();
  await rm(source, { recursive: true });
  await worker.ask('gone', { sources: [source] });
  const mark = keys.failedMark(keys.ingestPlanned('gone', 'r1'));
  await expect.poll(() => worker.store.head(mark), { timeout: 30_000 }).toBeDefined();
  const [letter] = await listDeadLetters(worker.bus);
  expect(letter?.reason).toContain('no such file or folder');
});
