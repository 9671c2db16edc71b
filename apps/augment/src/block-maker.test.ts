import { expect, test } from 'vitest';

import { type DatasetIndex, FormatError, hashJson, keys, type Shard, type Views, viewsSchema } from '#lib/contracts';
import { decoderRevision, encodePng } from '#lib/images';
import { readViewBlock, writeLargeShard, writeSmallShard } from '#lib/shards';
import { jsonBytes, type ObjectStore, openMemoryStore, requireJson, sha256 } from '#lib/storage';
import { patternImage } from '#lib/testing';
import { transformsRevision } from '#lib/transforms';

import { BlockMaker } from './block-maker.ts';

const size = 6;
const crop = { op: 'random-resized-crop', size: 4 };
const twoViews = { version: 1, views: [{ count: 2, operations: [crop, { op: 'horizontal-flip' }] }] };
const asItIs = { version: 1, views: [{ count: 1, operations: [{ op: 'center-crop', size }] }] };

type Kind = 'small' | 'large';

/** The pixels of sample `number` of train. */
const pixels = (number: number) => patternImage({ label: number % 3, index: number, size, seed: 1 });

async function writeShard(store: ObjectStore, kind: Kind, split: Shard['split'], first: number, samples: number) {
  const entries = Array.from({ length: samples }, (_, i) => ({
    id: `${first + i}`,
    class: 0,
    bytes: pixels(first + i),
  }));
  const image = { width: size, height: size };
  const bytes =
    kind === 'small'
      ? writeSmallShard({ ...image, channels: 3, entries })
      : await writeLargeShard(
          await Promise.all(
            entries.map(async (entry) => ({ ...entry, bytes: await encodePng({ ...image, data: entry.bytes }) })),
          ),
        );
  const digest = sha256(bytes);
  const shard: Shard = { split, key: keys.shard(digest, kind), sizeBytes: bytes.length, samples, sha256: digest };
  await store.create(shard.key, bytes);
  return shard;
}

/** A dataset of 10 samples of train in three shards, one of eval among them, and a description of its views. */
async function prepare({
  kind = 'small',
  recipe = twoViews,
  revisions = {},
}: { kind?: Kind; recipe?: object; revisions?: object } = {}) {
  const store = openMemoryStore();
  const shards = [
    await writeShard(store, kind, 'train', 0, 4),
    await writeShard(store, kind, 'eval', 100, 2),
    await writeShard(store, kind, 'train', 4, 3),
    await writeShard(store, kind, 'train', 7, 3),
  ];
  const index: DatasetIndex = {
    format: 'unlabel.dataset-index',
    version: 1,
    images: kind === 'small' ? { kind, width: size, height: size } : { kind },
    classes: [{ folder: 'a', name: 'a' }],
    splits: { train: 10, tune: 0, eval: 2 },
    classCounts: { train: [10], tune: [0], eval: [2] },
    shards,
    setAside: { count: 0, first: [] },
  };
  const contentHash = hashJson(index);
  await store.create(keys.datasetIndex('tiny', contentHash), jsonBytes(index));
  const views: Views = viewsSchema.parse({
    format: 'unlabel.views',
    version: 1,
    dataset: 'tiny',
    contentHash,
    split: 'train',
    recipe,
    seed: 5,
    groupShards: 2,
    blockSamples: 4,
    revisions: { transforms: transformsRevision, decoder: decoderRevision, ...revisions },
  });
  const { dataset: _, ...hashed } = views;
  const viewsHash = hashJson(hashed);
  await store.create(keys.views(viewsHash), jsonBytes(views));
  const make = (epoch: number, block: number, maker = new BlockMaker(store), onSample = () => {}) =>
    maker.make({ version: 1, viewsHash, epoch, block, traceId: 't' }, onSample);
  return { store, shards: shards.filter(({ split }) => split === 'train'), viewsHash, make };
}

const replace = async (store: ObjectStore, key: string, change: (bytes: Uint8Array) => Uint8Array) => {
  const there = await store.get(key);
  const bytes = change(there?.bytes as Uint8Array);
  await store.replace(key, bytes, there?.version);
  return bytes;
};

test.each(['small', 'large'] as const)(
  'a block of %s images has the same bytes from any worker, in any order',
  async (kind) => {
    const { store, make } = await prepare({ kind });
    const [one, other] = [new BlockMaker(store), new BlockMaker(store)];
    const forwards = [await make(0, 0, one), await make(0, 1, one), await make(1, 0, one)];
    const backwards = [await make(1, 0, other), await make(0, 1, other), await make(0, 0, other)];
    expect(backwards.reverse()).toEqual(forwards);
    expect(new Set(forwards.map(sha256)).size).toBe(3);
  },
);

test.each(['small', 'large'] as const)(
  'the blocks of an epoch hold every sample of the split once, each with its own pixels (%s images)',
  async (kind) => {
    const { store, make } = await prepare({ kind, recipe: asItIs });
    const maker = new BlockMaker(store);
    for (const epoch of [0, 3]) {
      const blocks = [];
      for (const block of [0, 1, 2]) blocks.push(readViewBlock(await make(epoch, block, maker)));
      expect(blocks.map(({ samples }) => samples.length)).toEqual([4, 4, 2]);
      const samples = blocks.flatMap((block) => [...block.samples]);
      expect([...samples].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i));
      expect(samples).not.toEqual([...samples].sort((a, b) => a - b));
      const stride = size * size * 3;
      const rows = blocks.flatMap(({ samples, views: [view] }) =>
        Array.from(samples, (_, row) => view?.data.slice(row * stride, (row + 1) * stride)),
      );
      expect(rows).toEqual(samples.map(pixels));
    }
  },
);

test('the views of a sample differ, and so do those of another epoch', async () => {
  const { make } = await prepare();
  const rowsOf = (block: ReturnType<typeof readViewBlock>) =>
    block.views.flatMap(({ data }) =>
      Array.from(block.samples, (_, row) => data.slice(row * 48, (row + 1) * 48).join()),
    );
  const rows = [0, 1].map(async (epoch) => rowsOf(readViewBlock(await make(epoch, 0))));
  expect(new Set((await Promise.all(rows)).flat()).size).toBe(16);
});

test('tells of every sample it made', async () => {
  let told = 0;
  await (await prepare()).make(0, 2, undefined, () => told++);
  expect(told).toBe(2);
});

test.each(['small', 'large'] as const)(
  'a %s shard that was altered or cut short is refused by key, with both digests',
  async (kind) => {
    for (const change of [
      (bytes: Uint8Array) => bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] as number) ^ 1),
      (bytes: Uint8Array) => bytes.slice(0, -512),
    ]) {
      const { store, shards, make } = await prepare({ kind });
      const maker = new BlockMaker(store);
      const [shard] = shards as [Shard];
      const altered = await replace(store, shard.key, change);
      const failures = [];
      for (const block of [0, 1, 2]) failures.push(await make(0, block, maker).catch((error: unknown) => error));
      const [failure] = failures.filter((value) => value instanceof Error);
      expect(failure).toBeInstanceOf(FormatError);
      expect(failure).toMatchObject({
        message: `${shard.key}: truncated or altered: expected sha256 ${shard.sha256}, found ${sha256(altered)} (${altered.length} bytes)`,
      });
    }
  },
);

test('a shard that is gone is refused by key and store', async () => {
  const { store, shards, make } = await prepare();
  for (const { key } of shards) await store.delete(key);
  await expect(make(0, 0)).rejects.toThrow(/^shards\/[0-9a-f]{64}\.safetensors is in the index but not in memory:$/);
});

test('views for another revision of transforms or decoder are refused with both, and a remedy', async () => {
  const { make, viewsHash } = await prepare({ revisions: { transforms: 'older' } });
  await expect(make(0, 0)).rejects.toMatchObject({
    message: `${keys.views(viewsHash)} is for transforms older and decoder ${decoderRevision}, this worker has ${transformsRevision} and ${decoderRevision}`,
    remedy: 'start augment workers of the version that started the run',
  });
  await expect((await prepare({ revisions: { decoder: 'other' } })).make(0, 0)).rejects.toThrow(/decoder other/);
});

test('a description or an index that is not what its name says is refused', async () => {
  const described = await prepare();
  const edit = (bytes: Uint8Array) =>
    new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"seed":5', '"seed":6'));
  await replace(described.store, keys.views(described.viewsHash), edit);
  await expect(described.make(0, 0)).rejects.toThrow(`${keys.views(described.viewsHash)} is not what its name says`);
  const indexed = await prepare();
  for await (const { key } of indexed.store.list('datasets/'))
    await replace(indexed.store, key, (bytes) =>
      new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"train":10', '"train":11')),
    );
  await expect(indexed.make(0, 0)).rejects.toThrow(/^datasets\/tiny\/indexes\/.* is not what its name says$/);
});

test('a block past the end of the split is refused with the sizes', async () => {
  const { make } = await prepare();
  await expect(make(0, 3)).rejects.toThrow(FormatError);
  await expect(make(0, 3)).rejects.toThrow(/^block 3 of .*: the split has 10 samples, in blocks of 4$/);
});

test('descriptions of views are kept for the next block, and only so many of them', async () => {
  const { store, viewsHash } = await prepare();
  const read: string[] = [];
  const maker = new BlockMaker({ ...store, get: (key) => (read.push(key), store.get(key)) });
  const described = await requireJson(store, keys.views(viewsHash), viewsSchema);
  const hashes: string[] = [];
  for (let seed = 100; seed < 140; seed++) {
    const { dataset, ...hashed } = { ...described, seed };
    hashes.push(hashJson(hashed));
    await store.create(keys.views(hashJson(hashed)), jsonBytes({ dataset, ...hashed }));
  }
  const make = (hash: string) =>
    maker.make({ version: 1, viewsHash: hash, epoch: 0, block: 0, traceId: 't' }, () => {});
  const [first] = hashes as [string];
  const reads = () => read.filter((key) => key === keys.views(first)).length;
  await make(first);
  await make(first);
  expect(reads()).toBe(1);
  for (const hash of hashes) await make(hash);
  await make(first);
  expect(reads()).toBe(2);
});
