import { afterEach, expect, test, vi } from 'vitest';

import { temporaryFolder } from '#lib/testing';

import type * as durableLink from './durable-link.ts';
import { openFileStore } from './file.ts';
import { type ObjectStore } from './object-store.ts';

/** What happens to a replacer between looking and linking, or right after it has linked: once, then nothing. */
const pause: { before?: (() => Promise<void>) | undefined; after?: (() => Promise<void>) | undefined } = {};
vi.mock('./durable-link.ts', async (original) => {
  const module = await original<typeof durableLink>();
  const take = async (when: 'before' | 'after') => {
    const work = pause[when];
    pause[when] = undefined;
    await work?.();
  };
  const linkNew: typeof module.linkNew = async (...parameters) => {
    await take('before');
    const linked = await module.linkNew(...parameters);
    await take('after');
    return linked;
  };
  return { ...module, linkNew };
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const read = async (store: ObjectStore) => new TextDecoder().decode((await store.get('head.json'))?.bytes);

afterEach(() => vi.restoreAllMocks());

/** Lets the clock jump; what lies on disk is that much older then. */
function laterBy(minutes: number): void {
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + minutes * 60_000);
}

/** Replaces the head so often, as another process would. */
async function advance(store: ObjectStore, times: number): Promise<string | undefined> {
  let version = (await store.head('head.json'))?.version;
  for (let i = 0; i < times; i++) version = await store.replace('head.json', text(`other ${i}`), version);
  return version;
}

async function headAt(folder: string, number: number): Promise<{ store: ObjectStore; version: string | undefined }> {
  const store = openFileStore(folder);
  await store.replace('head.json', text('first'), undefined);
  return { store, version: await advance(store, number) };
}

const numbers = [0, 1, 2, 5];

test.each(numbers)('a replacer of version %i that is stopped until its number was used has lost', async (number) => {
  for (const [others, minutes] of [
    [1, 0],
    [3, 0],
    [1, 2],
    [3, 2],
    [10, 2],
  ] as const) {
    await using folder = await temporaryFolder();
    const { store, version } = await headAt(folder.path, number);
    pause.before = async () => {
      await advance(store, others - 1);
      laterBy(minutes);
      await advance(store, 1);
    };
    expect(await store.replace('head.json', text('late'), version)).toBeUndefined();
    expect(await read(store)).toBe('other 0');
    expect(await store.replace('head.json', text('next'), (await store.head('head.json'))?.version)).toBeDefined();
    expect(await read(store)).toBe('next');
    vi.restoreAllMocks();
  }
});

test.each(numbers)('a replacer of version %i that was stopped, but not overtaken, has won', async (number) => {
  await using folder = await temporaryFolder();
  const { store, version } = await headAt(folder.path, number);
  pause.before = async () => laterBy(2);
  expect(await store.replace('head.json', text('late'), version)).toBe((await store.head('head.json'))?.version);
  expect(await read(store)).toBe('late');
});

test.each(numbers)('a replacer of version %i that is overtaken right after it has linked has won', async (number) => {
  for (const others of [1, 2, 10]) {
    await using folder = await temporaryFolder();
    const { store, version } = await headAt(folder.path, number);
    pause.after = async () => void (await advance(store, others));
    const won = await store.replace('head.json', text('won'), version);
    expect(won).toBeDefined();
    expect(await store.replace('head.json', text('stale'), won)).toBeUndefined();
    expect(await read(store)).toBe(`other ${others - 1}`);
  }
});
