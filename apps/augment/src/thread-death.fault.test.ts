import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { expect, test } from 'vitest';

import { connectBus, ensureStreams, publishJob, queueDepths } from '#lib/bus';
import { subjects } from '#lib/contracts';
import { startNatsServer, startService, temporaryFolder } from '#lib/testing';

const fixture = new URL('dying-thread.fixture.ts', import.meta.url).href;

test('a worker whose block thread dies hands its job back and ends, so that it is started anew', async () => {
  await using server = await startNatsServer();
  await using folder = await temporaryFolder('thread-death');
  const bus = await connectBus({ url: server.url, name: 'test' });
  await ensureStreams(bus);
  const env = { NATS_URL: server.url, UNLABEL_STORAGE: pathToFileURL(folder.path).href };
  const worker = await startService('augment', { ...env, NODE_OPTIONS: `--import ${fixture}` });
  const job = { version: 1, viewsHash: 'a'.repeat(64), epoch: 0, block: 0, traceId: 't' };
  await publishJob(bus, subjects.augment(job.viewsHash, 0, 0), job);
  await expect
    .poll(() => worker.output(), { timeout: 10_000 })
    .toContain('the thread that makes blocks ended with code 7');
  await sleep(1500);
  expect(await worker.stop()).toBe(1); // it had ended by itself, before the signal
  const [queue] = (await queueDepths(bus)).filter(({ consumer }) => consumer === 'augment');
  expect((queue?.pending ?? 0) + (queue?.inFlight ?? 0)).toBe(1);
  expect(worker.output()).toContain('handed back');
  await bus.close();
});
