import { expect, test } from 'vitest';

import { startNatsServer } from '#lib/testing';

import { publishEvent, type ReceivedEvent, subscribeEvents } from './events.ts';
import { openBench, openSubscriptions, until } from './fixtures/bench.ts';

const subject = (tail: string) => `unlabel.events.${tail}`;

test('new events only, of the filter only, in order, also past a handler that throws', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  await publishEvent(bench.bus, subject('runs.a'), 'before');
  const seen: unknown[] = [];
  const subscription = await subscribeEvents(bench.bus, subject('runs.>'), ({ message }) => {
    seen.push(message);
    if (message === 1) throw new Error('handler');
  });
  for (let i = 0; i < 5; i++) await publishEvent(bench.bus, subject('runs.a'), i);
  await publishEvent(bench.bus, subject('blocks.b'), 'other');
  await until(() => seen.length === 5, 'five events');
  expect(seen).toEqual([0, 1, 2, 3, 4]);
  await subscription.close();
  await publishEvent(bench.bus, subject('runs.a'), 'after');
  expect(seen).toHaveLength(5);
});

test('starts from the latest of each subject, from an event, or from a time', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  for (const [tail, message] of [
    ['runs.a', 1],
    ['runs.b', 2],
    ['runs.a', 3],
  ] as const)
    await publishEvent(bench.bus, subject(tail), message);
  const from = async (start: 'last-per-subject' | Date | number, count: number) => {
    const seen: ReceivedEvent[] = [];
    const subscription = await subscribeEvents(bench.bus, subject('>'), (event) => void seen.push(event), {
      from: start,
    });
    await until(() => seen.length === count, `${count} events`);
    await subscription.close();
    return seen.map(({ message }) => message);
  };
  expect(await from('last-per-subject', 2)).toEqual([2, 3]);
  expect(await from(2, 2)).toEqual([2, 3]);
  expect(await from(new Date(0), 3)).toEqual([1, 2, 3]);
});

test('goes on after the server was killed and restarted: nothing twice, nothing missing', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  const seen: unknown[] = [];
  const subscription = await subscribeEvents(bench.bus, subject('runs.>'), ({ message }) => void seen.push(message));
  for (let round = 0; round < 3; round++) {
    await publishEvent(bench.bus, subject('runs.a'), round * 2);
    await server.kill();
    await server.restart();
    await until(() => publishEvent(bench.bus, subject('runs.a'), round * 2 + 1), 'publish after the restart');
  }
  await until(() => seen.length >= 6, 'all events');
  expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  await subscription.close();
});

test('an event that can not be sent is given up after some tries', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  await server.kill();
  expect(await publishEvent(bench.bus, subject('runs.a'), 1)).toBe(false);
});

test('a closed subscription leaves nothing behind', async () => {
  await using server = await startNatsServer();
  await using bench = await openBench(server.url);
  await publishEvent(bench.bus, subject('runs.a'), 0);
  const before = openSubscriptions(bench.bus);
  for (let i = 0; i < 5; i++) {
    const subscription = await subscribeEvents(bench.bus, subject('runs.>'), () => undefined);
    await subscription.close();
  }
  expect(openSubscriptions(bench.bus)).toBe(before);
});
