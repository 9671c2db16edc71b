import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { type ListedObject, type ObjectStore } from './object-store.ts';
import { probeStore } from './probe.ts';
import { waitingStore } from './waiting.ts';

export interface OpenedStore {
  store: ObjectStore;
  /** a second client of the same objects, as another process would have */
  other: ObjectStore;
  close(): Promise<void>;
}

export interface ContractOptions {
  /** racers at once and rounds: servers that settle contended writes slowly get fewer rounds */
  racers?: number;
  rounds?: number;
  timeoutMs?: number;
  /** objects in the listing that must take several pages @default 1100, more than one page of S3 */
  listed?: number;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const read = async (store: ObjectStore, key: string): Promise<string | undefined> => {
  const found = await store.get(key);
  return found && new TextDecoder().decode(found.bytes);
};

async function listAll(store: ObjectStore, prefix: string): Promise<ListedObject[]> {
  const all: ListedObject[] = [];
  for await (const object of store.list(prefix)) all.push(object);
  return all;
}

/** What every store must do, driver and server alike. Each test has keys of its own, so one store serves them all. */
export function storeContract(name: string, open: () => Promise<OpenedStore>, options: ContractOptions = {}): void {
  const { racers = 50, rounds = 5, timeoutMs = 30_000, listed = 1100 } = options;
  describe(`object store contract: ${name}`, { timeout: timeoutMs }, () => {
    let opened: OpenedStore | undefined;
    const stores = (): OpenedStore => {
      if (!opened) throw new Error('the store is not open');
      return opened;
    };
    beforeAll(async () => {
      opened = await open();
    }, timeoutMs);
    afterAll(() => opened?.close());

    readingAndWriting(stores);
    replacing(stores);
    listing(stores, listed);
    racing(stores, racers, rounds);
    keysOf(stores);
    test('passes the probe that services run at their start, which leaves nothing behind', async () => {
      const { store } = stores();
      expect(await probeStore(store)).toMatchObject({ store: store.describe() });
      expect(await listAll(store, 'storage-probes/')).toEqual([]);
    });
    test('works behind waitingStore without waiting', async () => {
      const waiting = waitingStore(stores().store, {
        signal: new AbortController().signal,
        onWait: ({ error }) => expect.unreachable(error.message),
      });
      expect(await waiting.create('waiting/a.json', text('a'))).toBe('created');
      expect(await waiting.create('waiting/a.json', text('a'))).toBe('exists');
      expect(await read(waiting, 'waiting/a.json')).toBe('a');
    });
  });
}

function readingAndWriting(stores: () => OpenedStore): void {
  test('an object that nobody wrote is undefined to head and get', async () => {
    expect(await stores().store.head('absent/a.json')).toBeUndefined();
    expect(await stores().store.get('absent/a.json')).toBeUndefined();
  });

  test('create keeps the first bytes and says that the object exists', async () => {
    const { store, other } = stores();
    expect(await store.create('create/a.json', text('first'))).toBe('created');
    expect(await other.create('create/a.json', text('second'))).toBe('exists');
    expect(await read(other, 'create/a.json')).toBe('first');
  });

  test('reads back every byte, as a plain Uint8Array', async () => {
    const { store, other } = stores();
    const bytes = new Uint8Array(randomBytes(3_000_001));
    await store.create('bytes/large.bin', bytes.subarray(1));
    const found = await other.get('bytes/large.bin');
    expect(found?.bytes.constructor).toBe(Uint8Array);
    expect(Buffer.compare(found?.bytes ?? new Uint8Array(0), bytes.subarray(1))).toBe(0);
    expect(await store.head('bytes/large.bin')).toEqual({ sizeBytes: 3_000_000, version: found?.version });
  });

  test('holds an empty object', async () => {
    const { store } = stores();
    await store.create('bytes/empty.bin', new Uint8Array(0));
    expect(await store.head('bytes/empty.bin')).toMatchObject({ sizeBytes: 0 });
    expect((await store.get('bytes/empty.bin'))?.bytes).toHaveLength(0);
  });

  test('delete removes an object with all its versions, and succeeds for an absent one', async () => {
    const { store, other } = stores();
    await store.create('delete/a.json', text('0'));
    let version = (await store.head('delete/a.json'))?.version;
    for (const value of ['1', '2', '3', '4']) version = await store.replace('delete/a.json', text(value), version);
    await other.delete('delete/a.json');
    await other.delete('delete/a.json');
    expect(await store.get('delete/a.json')).toBeUndefined();
    expect(await store.replace('delete/a.json', text('5'), version)).toBeUndefined();
    expect(await listAll(store, 'delete/')).toEqual([]);
    expect(await store.create('delete/a.json', text('again'))).toBe('created');
    expect(await read(other, 'delete/a.json')).toBe('again');
  });
}

function replacing(stores: () => OpenedStore): void {
  test('replace changes the object once for each version', async () => {
    const { store, other } = stores();
    const key = 'replace/head.json';
    const first = await store.replace(key, text('1'), undefined);
    const second = await other.replace(key, text('2'), first);
    expect(second).toBeDefined();
    expect(await store.replace(key, text('stale'), first)).toBeUndefined();
    expect(await read(store, key)).toBe('2');
    expect((await store.get(key))?.version).toBe(second);
    expect((await store.head(key))?.version).toBe(second);
    const third = await store.replace(key, text('33'), second);
    expect(await other.get(key)).toMatchObject({ version: third });
    expect(await store.head(key)).toEqual({ sizeBytes: 2, version: third });
  });

  test('replace of no version is lost when the object exists, and of a version when it does not', async () => {
    const { store } = stores();
    await store.create('replace/taken.json', text('taken'));
    expect(await store.replace('replace/taken.json', text('x'), undefined)).toBeUndefined();
    const version = (await store.head('replace/taken.json'))?.version;
    expect(await store.replace('replace/absent.json', text('x'), version)).toBeUndefined();
    expect(await store.head('replace/absent.json')).toBeUndefined();
  });

  test('create is refused for an object that was replaced', async () => {
    const { store, other } = stores();
    let version = await store.replace('replace/many.json', text('0'), undefined);
    for (let i = 1; i < 8; i++) version = await store.replace('replace/many.json', text(String(i)), version);
    expect(await other.create('replace/many.json', text('x'))).toBe('exists');
    expect(await read(other, 'replace/many.json')).toBe('7');
    expect(await listAll(store, 'replace/many')).toMatchObject([{ key: 'replace/many.json', sizeBytes: 1 }]);
  });
}

function listing(stores: () => OpenedStore, count: number): void {
  test('lists keys by prefix in byte order, across folders and parts of components', async () => {
    const { store, other } = stores();
    const keys = [
      'order/a-b/c.json',
      'order/a.json',
      'order/a/b.json',
      'order/a/c/d.json',
      'order/a0.json',
      'order/B.json',
    ];
    for (const key of keys) await store.create(key, text(key));
    const sorted = [...keys].sort();
    const found = async (prefix: string) => (await listAll(other, prefix)).map(({ key }) => key);
    expect(await found('order/')).toEqual(sorted);
    expect(await found('order/a')).toEqual(sorted.filter((key) => key.startsWith('order/a')));
    expect(await found('order/a/')).toEqual(['order/a/b.json', 'order/a/c/d.json']);
    expect(await found('order/a/c/d.json')).toEqual(['order/a/c/d.json']);
    expect(await found('orde')).toEqual(sorted);
    expect(await found('order/absent/')).toEqual([]);
    expect(await listAll(other, 'order/a.')).toMatchObject([{ key: 'order/a.json', sizeBytes: 12 }]);
  });

  test('a listing tells when each object was written last', async () => {
    const { store, other } = stores();
    const writtenMs = async () => (await listAll(other, 'when/a.json'))[0]?.writtenMs ?? 0;
    const before = Date.now();
    let version = await store.replace('when/a.json', text('1'), undefined);
    const first = await writtenMs();
    expect(Math.abs(first - before)).toBeLessThan(5000); // S3 tells whole seconds
    await new Promise((resolve) => setTimeout(resolve, 1100));
    version = await store.replace('when/a.json', text('2'), version);
    expect(version).toBeDefined();
    expect(await writtenMs()).toBeGreaterThan(first);
  });

  test('names the folders directly below a folder, each once, in byte order', async () => {
    const { store, other } = stores();
    for (const key of ['b/x.json', 'a-b/x.json', 'a/x.json', 'a/deep/x.json', 'a/deep/y.json', 'file.json'])
      await store.create(`folders/${key}`, text('x'));
    const head = await store.head('folders/file.json');
    await store.replace('folders/file.json', text('y'), head?.version); // its versions are no folder
    expect(await other.folders('folders/')).toEqual(['a', 'a-b', 'b']);
    expect(await other.folders('folders/a/')).toEqual(['deep']);
    expect(await other.folders('folders/absent/')).toEqual([]);
    expect(await other.folders('')).toContain('folders');
    await expect(other.folders('folders')).rejects.toThrow(UsageError);
    await expect(other.folders('../')).rejects.toThrow(UsageError);
  });

  test('lists more objects than fit on a page, each once', async () => {
    const { store, other } = stores();
    const keys = Array.from({ length: count }, (_, i) => `many/${String(i).padStart(5, '0')}.json`);
    for (let at = 0; at < count; at += 16)
      await Promise.all(keys.slice(at, at + 16).map((key) => store.create(key, text('x'))));
    expect((await listAll(other, 'many/')).map(({ key }) => key)).toEqual(keys);
  });
}

function racing(stores: () => OpenedStore, racers: number, rounds: number): void {
  const sides = (): ObjectStore[] =>
    Array.from({ length: racers }, (_, i) => (i % 2 ? stores().other : stores().store));

  test(`of ${racers} concurrent creators exactly one wins, and its bytes stay`, async () => {
    for (let round = 0; round < rounds; round++) {
      const key = `races/create-${round}.json`;
      const results = await Promise.all(sides().map((side, i) => side.create(key, text(`writer ${i}`))));
      const winners = results.flatMap((result, i) => (result === 'created' ? [i] : []));
      expect(winners).toHaveLength(1);
      expect(await read(stores().store, key)).toBe(`writer ${winners[0]}`);
    }
  });

  test(`of ${racers} concurrent replacers of one version exactly one wins, and its bytes stay`, async () => {
    const { store } = stores();
    let version = await store.replace('races/head.json', text('start'), undefined);
    for (let round = 0; round < rounds; round++) {
      const results = await Promise.all(
        sides().map((side, i) => side.replace('races/head.json', text(`round ${round} writer ${i}`), version)),
      );
      const winners = results.flatMap((result, i) => (result === undefined ? [] : [i]));
      expect(winners).toHaveLength(1);
      expect(await read(store, 'races/head.json')).toBe(`round ${round} writer ${winners[0]}`);
      version = (await store.head('races/head.json'))?.version;
      expect(version).toBe(results[winners[0] ?? -1]);
    }
  });

  test('a counter that 4 writers raise by reading and replacing loses no increment', async () => {
    const [key, increments] = ['races/counter.json', 3];
    await stores().store.create(key, text('0'));
    const raise = async (side: ObjectStore): Promise<void> => {
      for (let done = 0; done < increments;) {
        const found = await side.get(key);
        const next = Number(new TextDecoder().decode(found?.bytes)) + 1;
        if (await side.replace(key, text(String(next)), found?.version)) done++;
      }
    };
    await Promise.all(sides().slice(0, 4).map(raise));
    expect(await read(stores().store, key)).toBe(String(4 * increments));
  });
}

function keysOf(stores: () => OpenedStore): void {
  const bad = ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/./b', '.a', 'a@b', 'a b', 'ä', 'a\\b', 'x'.repeat(201)];
  test.each(bad)('refuses the key %j in every operation', async (key) => {
    const { store } = stores();
    const calls = [
      async () => store.head(key),
      async () => store.get(key),
      async () => store.create(key, text('x')),
      async () => store.replace(key, text('x'), undefined),
      async () => store.delete(key),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(UsageError);
  });

  test('holds a key whose components have 200 bytes', async () => {
    const key = `long/${'x'.repeat(200)}/${'y'.repeat(200)}`;
    expect(await stores().store.create(key, text('long'))).toBe('created');
    expect(await read(stores().other, key)).toBe('long');
  });
}
