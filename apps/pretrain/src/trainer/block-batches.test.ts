import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FormatError, keys } from '#lib/contracts';
import { writeViewBlock } from '#lib/shards';
import { jsonBytes, type ObjectStore, openMemoryStore } from '#lib/storage';

import { BlockBatches, BlockedError, type BlockBatchesOptions } from './block-batches.ts';

const viewsHash = 'b'.repeat(64);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Two views of different sizes; every byte tells epoch, sample and view. */
const pixel = (epoch: number, sample: number, view: number) => (100 * epoch + 7 * sample + view) % 251;
const lengths = [3, 12];
const rows = (epoch: number, samples: readonly number[], view: number) =>
  Uint8Array.from(
    samples.flatMap((sample) => new Array<number>(lengths[view] as number).fill(pixel(epoch, sample, view))),
  );

/** The epoch's order: sample numbers backwards. */
const order = (N: number) => Array.from({ length: N }, (_, i) => N - 1 - i);

async function putBlock(store: ObjectStore, epoch: number, block: number, samples: number[]): Promise<void> {
  const views = lengths.map((length, view) => ({
    height: length / 3,
    width: 1,
    channels: 3,
    data: rows(epoch, samples, view),
  }));
  await store.create(
    keys.viewBlock(viewsHash, epoch, block),
    writeViewBlock({ samples: Uint32Array.from(samples), views }),
  );
}

function open(changes: Partial<BlockBatchesOptions> = {}) {
  const store = openMemoryStore();
  const stop = new AbortController();
  const onWait = vi.fn();
  const read = vi.fn((key: string) => store.get(key));
  const options = { viewsHash, samples: 8, blockSamples: 4, batch: 2, onWait, signal: stop.signal, ...changes };
  const batches = new BlockBatches({ ...options, store: { ...store, get: read } });
  return { store, stop, onWait, read, batches };
}

test('batches across the borders of blocks are the slices of the epoch, for any sizes', async () => {
  const size = fc.integer({ min: 1, max: 9 });
  await fc.assert(
    fc.asyncProperty(size, size, fc.nat({ max: 15 }), async (B, S, more) => {
      const N = B + more;
      const { store, batches } = open({ samples: N, blockSamples: S, batch: B });
      for (const epoch of [0, 1])
        for (let block = 0; block * S < Math.floor(N / B) * B; block++)
          await putBlock(store, epoch, block, order(N).slice(block * S, (block + 1) * S));
      for (const epoch of [0, 1])
        for (let batch = 0; batch < Math.floor(N / B); batch++) {
          const wanted = order(N).slice(batch * B, (batch + 1) * B);
          const views = lengths.map((_, view) => rows(epoch, wanted, view));
          expect(await batches.batch({ epoch, batch })).toEqual({ samples: Uint32Array.from(wanted), views });
        }
      expect(vi.getTimerCount()).toBe(0); // nothing is waited for that nobody makes
    }),
    { numRuns: 60 },
  );
});

test('each block is read once an epoch, and one ahead', async () => {
  const { store, batches, read } = open();
  for (const block of [0, 1]) await putBlock(store, 0, block, [0, 1, 2, 3]);
  await batches.batch({ epoch: 0, batch: 0 });
  expect(read.mock.calls.flat()).toEqual([0, 1].map((block) => keys.viewBlock(viewsHash, 0, block)));
  for (const batch of [1, 2, 3]) await batches.batch({ epoch: 0, batch });
  expect(read).toHaveBeenCalledTimes(2);
});

test('waits until a block appears, saying that it is alive', async () => {
  const { store, batches, onWait } = open();
  const batch = batches.batch({ epoch: 0, batch: 0 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(onWait).toHaveBeenCalledTimes(5);
  for (const block of [0, 1]) await putBlock(store, 0, block, [5, 6, 7, 8]);
  await vi.advanceTimersByTimeAsync(250);
  expect((await batch)?.samples).toEqual(Uint32Array.of(5, 6));
  expect(vi.getTimerCount()).toBe(0);
});

test('an announcement shortens the wait', async () => {
  const { store, batches } = open();
  const batch = batches.batch({ epoch: 0, batch: 0 });
  await vi.advanceTimersByTimeAsync(10);
  for (const block of [0, 1]) await putBlock(store, 0, block, [5, 6, 7, 8]);
  batches.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect((await batch)?.samples).toEqual(Uint32Array.of(5, 6));
});

test('a block that ended as a dead letter blocks the run, with its key and the reason', async () => {
  const { store, batches } = open();
  const key = keys.viewBlock(viewsHash, 0, 0);
  await store.create(keys.failedMark(key), jsonBytes({ version: 1, reason: 'the shard was altered' }));
  const failure = batches.batch({ epoch: 0, batch: 0 }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2500);
  expect(await failure).toBeInstanceOf(BlockedError);
  expect(await failure).toMatchObject({
    block: key,
    message: `view block ${key} could not be made: the shard was altered`,
  });
  await putBlock(store, 0, 0, [1, 2, 3, 4]); // mended: the failure is not remembered
  expect((await batches.batch({ epoch: 0, batch: 0 }))?.samples).toEqual(Uint32Array.of(1, 2));
});

test('a mark that says nothing readable still blocks the run', async () => {
  for (const bytes of [jsonBytes({}), new TextEncoder().encode('{"reas')]) {
    const { store, batches } = open();
    await store.create(keys.failedMark(keys.viewBlock(viewsHash, 0, 0)), bytes);
    const failure = batches.batch({ epoch: 0, batch: 0 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2500);
    expect(await failure).toBeInstanceOf(BlockedError);
  }
});

test('a failed block that was only read ahead is met when it is needed', async () => {
  const { store, batches } = open();
  await putBlock(store, 0, 0, [1, 2, 3, 4]);
  await store.create(keys.failedMark(keys.viewBlock(viewsHash, 0, 1)), jsonBytes({ reason: 'altered' }));
  for (const batch of [0, 1]) {
    expect(await batches.batch({ epoch: 0, batch })).toBeDefined();
    await vi.advanceTimersByTimeAsync(2500);
  }
  const failure = batches.batch({ epoch: 0, batch: 2 }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2500);
  expect(await failure).toBeInstanceOf(BlockedError);
});

test('a stop that is wanted ends the wait without a batch, and leaves no timer', async () => {
  const { batches, stop } = open();
  const batch = batches.batch({ epoch: 0, batch: 0 });
  await vi.advanceTimersByTimeAsync(300);
  stop.abort();
  expect(await batch).toBeUndefined();
  expect(await batches.batch({ epoch: 0, batch: 3 })).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

test('a block that is cut short, or has fewer samples than its batches need, is refused by key', async () => {
  const { store, batches } = open();
  await putBlock(store, 0, 0, [1, 2, 3]);
  await putBlock(store, 0, 1, [4, 5, 6, 7]);
  await batches.batch({ epoch: 0, batch: 0 });
  await expect(batches.batch({ epoch: 0, batch: 1 })).rejects.toThrow(
    `${keys.viewBlock(viewsHash, 0, 0)}: has 3 samples, batch 1 needs 4`,
  );
  const cut = keys.viewBlock(viewsHash, 1, 0);
  await store.create(cut, ((await store.get(keys.viewBlock(viewsHash, 0, 0)))?.bytes as Uint8Array).slice(0, -1));
  const failure: unknown = await batches.batch({ epoch: 1, batch: 0 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(FormatError);
  expect((failure as Error).message).toContain(cut);
});
