import { LRUCache } from 'lru-cache';

import {
  type DatasetIndex,
  type DatasetSample,
  FormatError,
  NotFoundError,
  type Shard,
  type Split,
} from '#lib/contracts';
import { locateSample, shardStarts } from '#lib/sampling';
import { readLargeShard, readSmallShard, requireShard } from '#lib/shards';
import { type ObjectStore, sha256 } from '#lib/storage';

/** A stored image: pixels [height, width, 3], or the original file. */
export type StoredImage =
  { kind: 'pixels'; width: number; height: number; data: Uint8Array } | { kind: 'file'; bytes: Uint8Array };

interface OpenShard {
  sizeBytes: number;
  image(row: number): StoredImage;
  names: Names;
}

/** What a shard says of its samples; small beside the images, and kept for longer. */
interface Names {
  ids: readonly string[];
  classes: ArrayLike<number>;
}

/** A page of samples lies in few shards, and one image after the other is asked for. */
const shardsBytes = 64 * 1024 * 1024;
const namedSamples = 500_000;

/**
 * Samples of datasets by their number, for pages. A shard is read whole, since only the whole has a hash that can be verified; the last
 * few stay in memory. Several that ask for one shard at once wait for one reading.
 */
export class SampleReader {
  readonly #store: Pick<ObjectStore, 'get' | 'describe'>;
  readonly #shards = new LRUCache<string, OpenShard>({
    maxSize: shardsBytes,
    sizeCalculation: ({ sizeBytes }) => sizeBytes,
  });
  readonly #names = new LRUCache<string, Names>({ maxSize: namedSamples, sizeCalculation: ({ ids }) => ids.length });
  readonly #opening = new Map<string, Promise<OpenShard>>();

  constructor(store: Pick<ObjectStore, 'get' | 'describe'>) {
    this.#store = store;
  }

  /** @throws NotFoundError for a number that the split doesn't have */
  async image(index: DatasetIndex, split: Split, number: number): Promise<StoredImage> {
    const { shard, row } = place(index, split, number);
    return (await this.#open(shard)).image(row);
  }

  /** Samples of these numbers, in their order. @throws NotFoundError as `image` */
  async named(index: DatasetIndex, split: Split, numbers: readonly number[]): Promise<DatasetSample[]> {
    const found: DatasetSample[] = [];
    for (const number of numbers) {
      const { shard, row } = place(index, split, number);
      const { ids, classes } = await this.#namesOf(shard);
      found.push({ index: number, id: ids[row] as string, class: classes[row] as number });
    }
    return found;
  }

  /** So many samples of a class, or of all (null), after the first `offset` of them; no more shards are read than they lie in. */
  async page(
    index: DatasetIndex,
    split: Split,
    { label, offset, count }: { label: number | null; offset: number; count: number },
  ): Promise<DatasetSample[]> {
    if (label === null) {
      const to = Math.min(index.splits[split], offset + count);
      return this.named(
        index,
        split,
        Array.from({ length: Math.max(0, to - offset) }, (_, i) => offset + i),
      );
    }
    const page: DatasetSample[] = [];
    let [start, passed] = [0, 0];
    for (const shard of shardsOf(index, split)) {
      if (page.length === count) break;
      const { ids, classes } = await this.#namesOf(shard);
      for (let row = 0; row < ids.length && page.length < count; row++)
        if (classes[row] === label && passed++ >= offset)
          page.push({ index: start + row, id: ids[row] as string, class: label });
      start += shard.samples;
    }
    return page;
  }

  async #namesOf(shard: Shard): Promise<Names> {
    return this.#names.get(shard.key) ?? (await this.#open(shard)).names;
  }

  async #open(shard: Shard): Promise<OpenShard> {
    const known = this.#shards.get(shard.key);
    if (known) return known;
    const opening = this.#opening.get(shard.key) ?? this.#read(shard).finally(() => this.#opening.delete(shard.key));
    this.#opening.set(shard.key, opening);
    return opening;
  }

  async #read(shard: Shard): Promise<OpenShard> {
    const { key } = shard;
    const bytes = await requireShard({ store: this.#store, sha256 }, shard);
    const open = key.endsWith('.tar') ? await openLarge(bytes, key) : openSmall(bytes, key);
    this.#shards.set(key, open);
    this.#names.set(key, open.names);
    return open;
  }
}

const shardsOf = (index: DatasetIndex, split: Split): Shard[] => index.shards.filter((shard) => shard.split === split);

function place(index: DatasetIndex, split: Split, number: number): { shard: Shard; row: number } {
  const shards = shardsOf(index, split);
  const held = index.splits[split];
  if (number >= held)
    throw new NotFoundError(`${split} has ${held} images, so there is none of number ${number}`, {
      field: 'index',
      remedy: held === 0 ? 'choose another split' : `use 0 to ${held - 1}`,
    });
  const { shard, index: row } = locateSample(shardStarts(shards.map(({ samples }) => samples)), number);
  return { shard: shards[shard] as Shard, row };
}

function openSmall(bytes: Uint8Array, key: string): OpenShard {
  const { width, height, channels, images, ids, classes } = readSmallShard(bytes, key);
  if (channels !== 3) throw new FormatError(`${key}: images have ${channels} channels, expected 3`);
  const stride = width * height * channels;
  return {
    sizeBytes: bytes.length,
    names: { ids, classes },
    image: (row) => ({ kind: 'pixels', width, height, data: images.subarray(row * stride, (row + 1) * stride) }),
  };
}

async function openLarge(bytes: Uint8Array, key: string): Promise<OpenShard> {
  const samples = await readLargeShard(bytes, key);
  const classes = samples.map(({ class: label }) => label);
  return {
    sizeBytes: bytes.length,
    names: { ids: samples.map(({ id }) => id), classes },
    image: (row) => ({ kind: 'file', bytes: samples[row]?.bytes as Uint8Array }),
  };
}
