import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { presenceSubject, type WorkerPresence, workerPresenceSchema } from '#lib/contracts';

import { announceWorker } from './worker-presence.ts';

function watch(everyMs: number) {
  const said: { subject: string; message: WorkerPresence }[] = [];
  const drain = new AbortController();
  let busy = 0;
  const presence = announceWorker({
    stage: 'pretrain',
    concurrency: 2,
    methods: ['mae'],
    memory: { device: 'cpu', bytes: 8e9 },
    busy: () => busy,
    draining: drain.signal,
    everyMs,
    publish: async (subject, message) => void said.push({ subject, message }),
  });
  return { said, drain, presence, setBusy: (jobs: number) => (busy = jobs) };
}

test('says at once and then regularly what it does, on a subject of its own, in messages of the schema', async () => {
  const { said, presence, setBusy } = watch(20);
  setBusy(1);
  await sleep(100);
  await presence.close();
  const states = said.map(({ message }) => message.state);
  expect(states[0]).toBe('idle');
  expect(states.filter((state) => state === 'busy').length).toBeGreaterThan(1);
  expect(states.at(-1)).toBe('stopped');
  for (const { subject, message } of said) {
    expect(workerPresenceSchema.parse(message)).toMatchObject({
      stage: 'pretrain',
      methods: ['mae'],
      memory: { device: 'cpu', bytes: 8e9 },
      concurrency: 2,
    });
    expect(subject).toBe(presenceSubject('pretrain', presence.worker));
  }
});

test('says without delay that it drains, and nothing after it closed', async () => {
  const { said, drain, presence } = watch(60_000);
  drain.abort();
  expect(said.map(({ message }) => message.state)).toEqual(['idle', 'draining']);
  await presence.close();
  drain.abort();
  expect(said.at(-1)?.message.state).toBe('stopped');
  expect(said).toHaveLength(3);
});

test('a message that is not sent stops nothing', async () => {
  const presence = announceWorker({
    stage: 'augment',
    concurrency: 1,
    busy: () => 0,
    draining: new AbortController().signal,
    publish: () => Promise.reject(new Error('away')),
  });
  await presence.close();
});
