import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Bus, connectBus, ensureStreams } from '#lib/bus';
import { type DeadLetter, subjects } from '#lib/contracts';
import { type ObjectStore, openFileStore } from '#lib/storage';
import { type NatsServer, startNatsServer, temporaryFolder, type TemporaryFolder } from '#lib/testing';

import { doctorReport } from './doctor.ts';

let nats: NatsServer;
let folder: TemporaryFolder;
let bus: Bus;
let store: ObjectStore;
beforeEach(async () => {
  nats = await startNatsServer();
  folder = await temporaryFolder('doctor');
  bus = await connectBus({ url: nats.url, name: 'doctor' });
  await ensureStreams(bus);
  store = openFileStore(folder.path);
});
afterEach(async () => {
  await bus.close();
  await nats[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const verdicts = async (of = store) =>
  Object.fromEntries((await doctorReport(bus, of)).checks.map(({ check, ...verdict }) => [check, verdict]));

test('a healthy machine passes every check, which say what they found and leave nothing behind', async () => {
  const found = await verdicts();
  expect(Object.keys(found)).toEqual(['NATS', 'streams', 'clock', 'storage', 'throughput', 'disk', 'dead letters']);
  for (const [check, { ok, found: text }] of Object.entries(found)) expect(ok, `${check}: ${text}`).toBe(true);
  expect(found['NATS']?.found).toMatch(/version 2\.\d+\.\d+, answers in/);
  expect(found['storage']?.found).toMatch(/^file:.*: one of \d concurrent creators won/);
  expect(found['disk']?.found).toContain(folder.path);
  const left: string[] = [];
  for await (const { key } of store.list('')) left.push(key);
  expect(left).toEqual([]);
});

test('a store that lets two creators win is found out, with what to use instead', async () => {
  const careless: ObjectStore = { ...store, describe: () => 's3://careless', create: async () => 'created' };
  const { storage } = await verdicts(careless);
  expect(storage).toMatchObject({ ok: false, remedy: expect.stringContaining('conditional writes') });
  expect(storage?.found).toContain('4 of 4 concurrent creators of one object won');
});

test('a job that was given up is told of, with the command that shows it', async () => {
  const letter: DeadLetter = {
    version: 1,
    subject: subjects.augment('views', 0, 0),
    payload: '{}',
    reason: 'the shard was altered',
    remedy: null,
    deliveries: 1,
    strikes: 0,
    resultKey: null,
    failedMark: null,
    at: new Date().toISOString(),
  };
  await bus.jetstream.publish(subjects.deadLetter(letter.subject), JSON.stringify(letter));
  expect((await verdicts())['dead letters']).toEqual({
    ok: false,
    found: '1 job was given up',
    remedy: 'see them: ./unlabel dead-letters',
  });
});
