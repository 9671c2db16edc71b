import { afterAll, beforeAll, expect, test } from 'vitest';

import { type NatsServer, startNatsServer } from '#lib/testing';

import { openBench, testJob, testSubject, until } from './fixtures/bench.ts';
import { publishJob } from './jobs.ts';
import { pause } from './waiting.ts';

let server: NatsServer;
beforeAll(async () => void (server = await startNatsServer()));
afterAll(() => server[Symbol.asyncDispose]());

test('a job that waits already is not queued twice', async () => {
  await using bench = await openBench(server.url);
  expect(await publishJob(bench.bus, testSubject(1), testJob(1))).toBe('queued');
  expect(await publishJob(bench.bus, testSubject(1), testJob(1))).toBe('already-queued');
  bench.startWorker(async () => ({ end: 'done' }));
  await until(() => bench.ended.length === 1, 'the job is done');
});

test('a job can be asked for again right after it was acked, within the window that remembers message ids', async () => {
  await using bench = await openBench(server.url);
  bench.startWorker(async () => ({ end: 'done' }));
  for (let round = 1; round <= 3; round++) {
    expect(await publishJob(bench.bus, testSubject(2), testJob(2))).toBe('queued');
    await until(() => bench.ended.length === round, `round ${round}`);
  }
});

test('a full queue is waited for', async () => {
  await using full = await startNatsServer();
  await using bench = await openBench(full.url, { maxJobs: { augment: 2 } });
  await publishJob(bench.bus, testSubject(1), testJob(1));
  await publishJob(bench.bus, testSubject(2), testJob(2));
  let third: string | undefined;
  const publishing = publishJob(bench.bus, testSubject(3), testJob(3)).then((result) => (third = result));
  await pause(400);
  expect(third).toBeUndefined();
  bench.startWorker(async () => ({ end: 'done' }));
  expect(await publishing).toBe('queued');
  await until(() => bench.ended.length === 3, 'all three are done');
});

test('waiting for a full queue ends with the signal', async () => {
  await using full = await startNatsServer();
  await using bench = await openBench(full.url, { maxJobs: { augment: 1 } });
  await publishJob(bench.bus, testSubject(1), testJob(1));
  const stop = new AbortController();
  const publishing = publishJob(bench.bus, testSubject(2), testJob(2), { signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await expect(publishing).rejects.toThrow('unlabel.augment.test.2: given up');
});

test('a publish goes through when the server comes back', async () => {
  await using mortal = await startNatsServer();
  await using bench = await openBench(mortal.url);
  await mortal.kill();
  const publishing = publishJob(bench.bus, testSubject(1), testJob(1));
  await pause(300);
  await mortal.restart();
  expect(await publishing).toBe('queued');
  expect(await publishJob(bench.bus, testSubject(1), testJob(1))).toBe('already-queued');
});
