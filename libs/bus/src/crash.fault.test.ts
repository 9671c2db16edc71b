import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { openFileStore } from '#lib/storage';
import { startNatsServer, temporaryFolder } from '#lib/testing';

import { listDeadLetters, retryDeadLetter } from './dead-letters.ts';
import { openBench, testJob, testKey, testMark, testSubject, until } from './fixtures/bench.ts';
import { publishJob } from './jobs.ts';
import { maxStrikes, strikeKey } from './strikes.ts';
import { pause } from './waiting.ts';

const script = fileURLToPath(new URL('./fixtures/crashing-worker.ts', import.meta.url));

/** Runs a worker process to its end. */
async function workerProcess(url: string, folder: string, mode: 'crash' | 'hang' | 'finish') {
  const child = spawn(process.execPath, [script, url, folder, mode], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, lines: output.trim().split('\n'), errors };
}

test('a worker killed five times over one job makes it a dead letter with a mark; a retry starts from nothing', async () => {
  await using server = await startNatsServer();
  await using folder = await temporaryFolder('crash');
  await using bench = await openBench(server.url);
  const store = openFileStore(folder.path);
  await publishJob(bench.bus, testSubject(1), testJob(1));
  for (let delivery = 1; delivery <= 2 + maxStrikes; delivery++) {
    const { signal, lines } = await workerProcess(server.url, folder.path, 'crash');
    expect({ signal, lines }).toEqual({ signal: 'SIGKILL', lines: [`working on delivery ${delivery}`] });
    expect(Boolean(await store.head(strikeKey(testKey(1), Math.max(1, delivery - 2))))).toBe(delivery > 2);
  }
  const last = await workerProcess(server.url, folder.path, 'crash');
  expect(last).toMatchObject({ code: 0, lines: ['dead-letter'] });
  expect(await listDeadLetters(bench.bus)).toMatchObject([
    { subject: testSubject(1), reason: 'crashed its worker 5 times', strikes: 5, failedMark: testMark(1) },
  ]);
  expect(await store.head(testMark(1))).toBeDefined();

  await retryDeadLetter(bench.bus, store, testSubject(1));
  expect(await store.head(testMark(1))).toBeUndefined();
  expect(await workerProcess(server.url, folder.path, 'finish')).toMatchObject({
    code: 0,
    lines: ['working on delivery 1', 'done'],
  });
});

test('a worker whose main thread hangs is killed by its lease thread, and the job goes to another', async () => {
  await using server = await startNatsServer();
  await using folder = await temporaryFolder('hang');
  await using bench = await openBench(server.url);
  await publishJob(bench.bus, testSubject(1), testJob(1));
  const hung = await workerProcess(server.url, folder.path, 'hang');
  expect(hung.signal).toBe('SIGKILL');
  expect(hung.errors).toContain('made no progress');
  expect(await workerProcess(server.url, folder.path, 'finish')).toMatchObject({
    lines: ['working on delivery 2', 'done'],
  });
});

test('the server killed while a job is in work: the ack arrives after its restart, and the job is not done again', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  let calls = 0;
  let release: () => void = () => undefined;
  const finishing = new Promise<void>((resolve) => (release = resolve));
  const worker = bench.startWorker(
    async () => {
      calls++;
      await finishing;
      return { end: 'done' };
    },
    { ackWaitMs: 5_000 },
  );
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await until(() => worker.busy() === 1, 'in work');
  await server.kill();
  release();
  await pause(700);
  expect(bench.ended).toEqual([]); // it waits with its last word
  await server.restart();
  await until(() => bench.ended.length === 1, 'the ack is confirmed');
  expect(await publishJob(bench.bus, testSubject(1), testJob(1))).toBe('queued'); // so the first one is gone
  await until(() => bench.ended.length === 2, 'and the worker goes on');
  expect(calls).toBe(2);
});

test('the server killed ten times under a load: every job is done, and each says so once it is acked', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  const done = new Set<number>();
  bench.startWorker(
    async (job) => {
      await pause(15);
      done.add(job.message.n);
      return { end: 'done' };
    },
    { concurrency: 3 },
  );
  const jobs = 200;
  const publishing = (async () => {
    for (let n = 1; n <= jobs; n++) await publishJob(bench.bus, testSubject(n), testJob(n));
  })();
  for (let kill = 0; kill < 10; kill++) {
    await pause(200);
    await server.kill();
    await server.restart();
  }
  await publishing;
  await until(() => done.size === jobs, 'every job is done', 60_000);
  await until(
    async () => (await bench.bus.manager.streams.info('UNLABEL_AUGMENT')).state.messages === 0,
    'and acked',
    30_000,
  );
}, 120_000);

test('a store that is away is waited for, with the lease held', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  let away = true;
  const store = {
    head: async (key: string) => {
      if (away) throw new Error('connection refused');
      return bench.store.head(key);
    },
    create: bench.store.create,
    delete: bench.store.delete,
  };
  let deliveries = 0;
  bench.startWorker(
    async (job) => {
      deliveries = job.deliveryCount;
      return { end: 'done' };
    },
    { store, stallMs: 1_500 },
  );
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await pause(2_500);
  away = false;
  await until(() => bench.ended.length === 1, 'done');
  expect(deliveries).toBe(1);
});
