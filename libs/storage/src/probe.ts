import { randomUUID } from 'node:crypto';

import { UnlabelError } from '#lib/contracts';

import { type ObjectStore } from './object-store.ts';

export interface StoreVerdict {
  store: string;
  creators: number;
  durationMs: number;
}

/** Enough to meet in a race, few enough for servers that settle contended writes one a second. */
const creators = 4;
const folder = 'storage-probes/';
/** Nothing probes for longer. */
const longestProbeMs = 600_000;

/**
 * Finds out whether a store keeps what the pipeline rests on: exactly one of several concurrent creators wins, a replacement
 * of an old version is refused, and what was written is read back and listed. Leaves nothing behind.
 * @throws UnlabelError naming the store and what it did wrong; StorageError if it can't be reached
 */
export async function probeStore(store: ObjectStore): Promise<StoreVerdict> {
  const started = performance.now();
  await sweepProbes(store);
  const key = probeKey();
  try {
    const won = await raceCreators(store, key);
    await checkReplace(store, key, won);
  } finally {
    await store.delete(key);
  }
  if (await store.head(key)) throw broken(store, 'an object is still there after it was deleted');
  return { store: store.describe(), creators, durationMs: Math.round(performance.now() - started) };
}

/** A key for an object that is written to see how a store does, and deleted again. */
export const probeKey = (): string => `${folder}${Date.now()}-${randomUUID()}`;

/** Deletes what probes left that were killed in the middle. */
async function sweepProbes(store: ObjectStore): Promise<void> {
  for await (const { key } of store.list(folder)) {
    const madeMs = Number(/^storage-probes\/(\d+)-/.exec(key)?.[1] ?? 0);
    if (Date.now() - madeMs > longestProbeMs) await store.delete(key);
  }
}

const bodyOf = (writer: number | string): Uint8Array => new TextEncoder().encode(`unlabel storage probe ${writer}`);

/** @returns the version of what the winner wrote */
async function raceCreators(store: ObjectStore, key: string): Promise<string> {
  const results = await Promise.all(Array.from({ length: creators }, (_, writer) => store.create(key, bodyOf(writer))));
  const winners = results.flatMap((result, writer) => (result === 'created' ? [writer] : []));
  const [winner] = winners;
  if (winner === undefined || winners.length > 1)
    throw broken(store, `${winners.length} of ${creators} concurrent creators of one object won, it must be 1`);
  const found = await store.get(key);
  if (!found) throw broken(store, 'an object that was just created is not there');
  if (Buffer.compare(found.bytes, bodyOf(winner)) !== 0)
    throw broken(store, 'the object does not have the bytes of the creator that won');
  let listed = 0;
  for await (const object of store.list(key)) if (object.key === key) listed++;
  if (listed !== 1) throw broken(store, `an object that was just created is listed ${listed} times`);
  return found.version;
}

async function checkReplace(store: ObjectStore, key: string, version: string): Promise<void> {
  if ((await store.replace(key, bodyOf('absent'), undefined)) !== undefined)
    throw broken(store, 'it replaced an object that was to be created');
  const next = await store.replace(key, bodyOf('second'), version);
  if (next === undefined) throw broken(store, 'it refused to replace the version that is there');
  if ((await store.replace(key, bodyOf('stale'), version)) !== undefined)
    throw broken(store, 'it replaced a version that is no longer there');
  const found = await store.get(key);
  if (found?.version !== next || Buffer.compare(found.bytes, bodyOf('second')) !== 0)
    throw broken(store, 'a replaced object does not read back as written');
}

function broken(store: ObjectStore, what: string): UnlabelError {
  return new UnlabelError(`storage ${store.describe()}: ${what}`, {
    remedy: 'use a store with conditional writes: file://, AWS S3, versitygw 1.8 or newer, SeaweedFS 4.48 or newer',
  });
}
