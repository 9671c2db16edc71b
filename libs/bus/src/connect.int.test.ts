import { expect, test } from 'vitest';

import { startNatsServer } from '#lib/testing';

import { type BusChange, connectBus } from './connect.ts';
import { until } from './fixtures/bench.ts';

test('waits for a server that is not there yet, and tells of every change', async () => {
  await using server = await startNatsServer();
  await server.stop();
  const changes: BusChange[] = [];
  const connecting = connectBus({ url: server.url, name: 'early', onChange: (change) => void changes.push(change) });
  await until(() => changes.includes('waiting'), 'it says that it waits');
  await server.restart();
  const bus = await connecting;
  await server.kill();
  await until(() => !bus.isConnected(), 'it sees the loss');
  await server.restart();
  await until(() => bus.isConnected(), 'it is back');
  expect(changes.filter((change) => change !== 'waiting')).toEqual(['connected', 'disconnected', 'reconnected']);
  await bus.close();
  expect(bus.isConnected()).toBe(false);
});

test('stops waiting when asked', async () => {
  await using server = await startNatsServer();
  await server.stop();
  const connecting = connectBus({ url: server.url, name: 'early', signal: AbortSignal.timeout(300) });
  await expect(connecting).rejects.toThrow('was not reached');
});

test('closing does not wait for a server that is gone', async () => {
  await using server = await startNatsServer();
  const bus = await connectBus({ url: server.url, name: 'left alone' });
  await server.kill();
  const startedAt = performance.now();
  await bus.close();
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});

test('a token in the URL or beside it opens the door, a wrong one is an error at once that hides it', async () => {
  await using server = await startNatsServer({ config: 'authorization { token: "open sesame" }' });
  const withToken = server.url.replace('//', '//open%20sesame@');
  for (const address of [{ url: withToken }, { url: server.url, token: 'open sesame' }]) {
    const bus = await connectBus({ ...address, name: 'guest' });
    expect(bus.isConnected()).toBe(true);
    await bus.close();
  }
  const wrong = await connectBus({ url: server.url.replace('//', '//guessed@'), name: 'guest' }).catch(String);
  expect(wrong).toContain('refused the credentials of "guest"');
  expect(wrong).not.toContain('guessed');
});
