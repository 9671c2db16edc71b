import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL, fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { connectBus, ensureStreams, publishJob, queueDepths, subscribeEvents } from '#lib/bus';
import { type WorkerPresence, workerPresenceSchema, presenceFilter } from '#lib/contracts';
import { openFileStore } from '#lib/storage';
import { startNatsServer, temporaryFolder } from '#lib/testing';

const fixture = fileURLToPath(new URL('./worker.fixture.ts', import.meta.url));
const job = { version: 1, viewsHash: 'a'.repeat(64), epoch: 0, block: 0, traceId: 't' };

test('a worker told to stop in the middle of a job still writes its object, acks, and says that it is gone', async () => {
  await using server = await startNatsServer();
  await using folder = await temporaryFolder('worker');
  const bus = await connectBus({ url: server.url, name: 'test' });
  await ensureStreams(bus);
  const seen: WorkerPresence[] = [];
  const presence = await subscribeEvents(bus, presenceFilter, ({ message }) => {
    seen.push(workerPresenceSchema.parse(message));
  });
  const worker = spawn(process.execPath, [fixture], {
    env: { ...process.env, NATS_URL: server.url, UNLABEL_STORAGE: pathToFileURL(folder.path).href },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  worker.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  await publishJob(bus, 'unlabel.augment.x', job);
  await expect.poll(() => output, { timeout: 20_000 }).toContain('half way');
  const exit = once(worker, 'exit');
  worker.kill('SIGTERM');
  expect((await exit)[0]).toBe(0);
  expect(await openFileStore(folder.path).head('result.bin')).toBeDefined();
  expect(await queueDepths(bus)).toEqual([
    { stream: 'UNLABEL_AUGMENT', consumer: 'augment', pending: 0, inFlight: 0, redelivered: 0 },
  ]);
  await expect.poll(() => seen.at(-1)?.state).toBe('stopped');
  expect(seen.map(({ state }) => state)).toContain('draining');
  await presence.close();
  await bus.close();
});
