import { afterEach, expect, test, vi } from 'vitest';

import type { Bus, Job } from '#lib/bus';
import { keys, newRunHead, type PretrainJob, type RunResolved, type RunSpec } from '#lib/contracts';
import { jsonBytes, openMemoryStore } from '#lib/storage';

import { OwnedHead } from './claim.ts';
import { Ownership } from './ownership.ts';

afterEach(() => void vi.restoreAllMocks());

const children = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;

test('an attempt that can’t subscribe to events leaves no child, no timer and no listener behind', async () => {
  const at = '2026-01-01T00:00:00.000Z';
  const store = openMemoryStore();
  await store.create(keys.runHead('one'), jsonBytes(newRunHead('one', at)));
  const owned = await OwnedHead.claim(store, 'one');
  const refused = async () => Promise.reject(new Error('the stream is gone'));
  const bus = {
    connection: { isClosed: () => true },
    onChange: () => () => undefined,
    manager: { streams: { info: refused } },
    jetstream: { consumers: { get: refused } },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  } as unknown as Bus;
  const [signal, draining] = [new AbortController().signal, new AbortController().signal];
  const job = {
    message: { version: 1, run: 'one', method: 'simsiam', traceId: 't' },
    signal,
    draining,
    progress: () => undefined,
  } as Partial<Job<PretrainJob>> as Job<PretrainJob>;
  const timers = vi.spyOn(globalThis, 'setInterval');
  const cleared = vi.spyOn(globalThis, 'clearInterval');
  const listening = [signal, draining].map((target) => vi.spyOn(target, 'addEventListener'));
  const silent = [signal, draining].map((target) => vi.spyOn(target, 'removeEventListener'));
  const before = children();
  const log = { info: () => undefined, warn: () => undefined };
  const options = {
    bus,
    store,
    storage: 'memory:',
    machine: { device: 'cpu' as const, threads: 1, bfloat16: false },
    figures: { step: () => undefined, end: () => undefined },
    log,
  };
  const resolved = { viewsHash: 'a'.repeat(64), stepsPerEpoch: 1, totalSteps: 1 } as Partial<RunResolved>;
  const attempt = new Ownership(options, job, owned, {} as RunSpec, resolved as RunResolved);
  await expect(attempt.train()).rejects.toThrow('the stream is gone');
  expect(children()).toBe(before);
  expect(cleared.mock.calls.length).toBe(timers.mock.calls.length);
  for (const [i, listen] of listening.entries())
    expect(silent[i]?.mock.calls.length).toBeGreaterThanOrEqual(listen.mock.calls.length);
});
