import { expect, test } from 'vitest';

import { openMemoryStore } from './memory.ts';
import { type ObjectStore } from './object-store.ts';
import { StorageError } from './storage-error.ts';
import { type Waiting, waitingStore } from './waiting.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const away = () => new StorageError('away', { transient: true });

/** Lets every operation fail so often before, or after, it is done. */
function failing(store: ObjectStore, times: number, when: 'before' | 'after'): ObjectStore {
  let left = times;
  const guard =
    <P extends unknown[], T>(work: (...parameters: P) => Promise<T>) =>
    async (...parameters: P): Promise<T> => {
      const fails = left-- > 0;
      if (fails && when === 'before') throw away();
      const result = await work(...parameters);
      if (fails) throw away();
      return result;
    };
  return {
    ...store,
    head: guard((key: string) => store.head(key)),
    get: guard((key: string) => store.get(key)),
    create: guard((key: string, bytes: Uint8Array) => store.create(key, bytes)),
    replace: guard((key: string, bytes: Uint8Array, version: string | undefined) => store.replace(key, bytes, version)),
    delete: guard((key: string) => store.delete(key)),
    async *list(prefix) {
      for await (const object of store.list(prefix)) {
        yield object;
        if (left-- > 0) throw away();
      }
    },
  };
}

function waitingOver(store: ObjectStore, signal = new AbortController().signal) {
  const waits: Waiting[] = [];
  const onWait = (waiting: Waiting) => waits.push(waiting);
  return { waits, store: waitingStore(store, { onWait, signal, firstDelayMs: 1, maxDelayMs: 4 }) };
}

test('waits with doubling delays, tells of each, and then succeeds', async () => {
  const memory = openMemoryStore();
  const { store, waits } = waitingOver(failing(memory, 4, 'before'));
  expect(await store.create('a', text('a'))).toBe('created');
  expect(waits.map(({ delayMs }) => delayMs)).toEqual([1, 2, 4, 4]);
  expect(waits[0]).toMatchObject({ operation: 'create', key: 'a' });
});

test('a create or replace whose reply was lost is recognised by its bytes', async () => {
  const memory = openMemoryStore();
  expect(await waitingOver(failing(memory, 1, 'after')).store.create('a', text('a'))).toBe('created');
  const version = (await memory.head('a'))?.version;
  const replaced = await waitingOver(failing(memory, 1, 'after')).store.replace('a', text('b'), version);
  expect(replaced).toBe((await memory.head('a'))?.version);
});

test('a repeated create or replace is lost when other bytes are there', async () => {
  const memory = openMemoryStore();
  await memory.create('a', text('other'));
  expect(await waitingOver(failing(memory, 1, 'before')).store.create('a', text('a'))).toBe('exists');
  expect(await waitingOver(failing(memory, 1, 'before')).store.replace('a', text('a'), 'old')).toBeUndefined();
});

test('goes on with a listing after the last key', async () => {
  const memory = openMemoryStore();
  for (const key of ['a', 'b', 'c', 'd']) await memory.create(key, text(key));
  const { store, waits } = waitingOver(failing(memory, 2, 'after'));
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  expect(keys).toEqual(['a', 'b', 'c', 'd']);
  expect(waits).toHaveLength(2);
});

test('does not wait for what waiting can not help', async () => {
  const refusal = new StorageError('refused', { transient: false });
  const { store, waits } = waitingOver({ ...openMemoryStore(), get: () => Promise.reject(refusal) });
  await expect(store.get('a')).rejects.toBe(refusal);
  expect(waits).toEqual([]);
});

test('an abort ends the waiting with its reason', async () => {
  const controller = new AbortController();
  const never: ObjectStore = { ...openMemoryStore(), get: () => Promise.reject(away()) };
  const { store } = waitingOver(never, controller.signal);
  const reading = store.get('a');
  setTimeout(() => controller.abort(new Error('draining')), 20);
  await expect(reading).rejects.toThrow('draining');
});
