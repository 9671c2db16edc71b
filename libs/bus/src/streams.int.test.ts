import { DiscardPolicy } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { subjects, UnlabelError } from '#lib/contracts';
import { type NatsServer, startNatsServer } from '#lib/testing';

import { type Bus, connectBus } from './connect.ts';
import { testJob, testSubject } from './fixtures/bench.ts';
import { publishJob } from './jobs.ts';
import { queueDepths } from './queue-depths.ts';
import {
  ensureConsumer,
  ensureStreams,
  type JobConsumer,
  jobConsumers,
  picturesConsumer,
  streamTable,
} from './streams.ts';

let server: NatsServer;
let bus: Bus;
beforeEach(async () => {
  server = await startNatsServer();
  bus = await connectBus({ url: server.url, name: 'streams' });
});
afterEach(async () => {
  await bus.close();
  await server[Symbol.asyncDispose]();
});

test('creates every stream, also when several services start at once, and accepts its own work', async () => {
  await Promise.all([ensureStreams(bus), ensureStreams(bus), ensureStreams(bus)]);
  await ensureStreams(bus);
  const names: string[] = [];
  for await (const name of bus.manager.streams.names()) names.push(name);
  expect(names.sort()).toEqual(
    streamTable()
      .map(({ name }) => name)
      .sort(),
  );
});

test('names a wrong setting: stream, field, found, expected, and what to do', async () => {
  const [ingest] = streamTable();
  await bus.manager.streams.add({
    ...ingest,
    name: 'UNLABEL_INGEST',
    discard: DiscardPolicy.Old,
    discard_new_per_subject: false,
  });
  const error = await ensureStreams(bus).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnlabelError);
  expect((error as UnlabelError).message).toContain('stream UNLABEL_INGEST: discard is "old", expected "new"');
  expect((error as UnlabelError).remedy).toContain('delete the stream UNLABEL_INGEST');
});

test('says that a server has no JetStream', async () => {
  await using plain = await startNatsServer({ config: 'jetstream: false' });
  const other = await connectBus({ url: plain.url, name: 'plain' });
  await expect(ensureStreams(other)).rejects.toThrow('runs without JetStream');
  await other.close();
});

test('one consumer a method, each with its own filter; the ack wait can change later', async () => {
  await ensureStreams(bus);
  const consumers = jobConsumers('pretrain', ['mae', 'simsiam']);
  for (const consumer of consumers) await ensureConsumer(bus, consumer, 1_000);
  for (const consumer of consumers) await ensureConsumer(bus, consumer, 2_000);
  const { config } = await bus.manager.consumers.info('UNLABEL_PRETRAIN', 'pretrain-mae');
  expect(config).toMatchObject({
    filter_subject: 'unlabel.pretrain.mae.>',
    ack_wait: 2_000_000_000,
    max_deliver: -1,
    ack_policy: 'explicit',
  });
  expect(config.backoff).toBeUndefined();
});

test('probes and pictures are pulled apart; a consumer of all of them, as it was once, is brought to its part', async () => {
  await ensureStreams(bus);
  const [probe] = jobConsumers('probe') as [JobConsumer];
  await ensureConsumer(bus, { ...probe, filters: [subjects.all('probe')] }, 1_000);
  for (const consumer of [probe, picturesConsumer()]) await ensureConsumer(bus, consumer, 1_000);
  await publishJob(bus, subjects.probePictures('r', 0, 'views'), {});
  await publishJob(bus, subjects.probeRun('r', 1, 'knn'), {});
  await publishJob(bus, subjects.probePixels('d', 'a'.repeat(64), 'knn'), {});
  const depths = await queueDepths(bus);
  expect(Object.fromEntries(depths.map(({ consumer, pending }) => [consumer, pending]))).toEqual({
    probe: 2,
    'probe-pictures': 1,
  });
});

test('depths count what waits, with and without a consumer', async () => {
  await ensureStreams(bus);
  await publishJob(bus, testSubject(1), testJob(1));
  await publishJob(bus, testSubject(2), testJob(2));
  expect(await queueDepths(bus)).toEqual([
    { stream: 'UNLABEL_AUGMENT', consumer: '', pending: 2, inFlight: 0, redelivered: 0 },
  ]);
  for (const consumer of jobConsumers('augment')) await ensureConsumer(bus, consumer, 1_000);
  const consumer = await bus.jetstream.consumers.get('UNLABEL_AUGMENT', 'augment');
  await consumer.next({ expires: 1_000 });
  expect(await queueDepths(bus)).toEqual([
    { stream: 'UNLABEL_AUGMENT', consumer: 'augment', pending: 1, inFlight: 1, redelivered: 0 },
  ]);
});
