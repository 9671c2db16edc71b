import { type DatasetIndex, FormatError, type Shard, type Split } from '#lib/contracts';
import { epochOrder, locateSample, shardStarts } from '#lib/sampling';

import { readLargeShard } from './large-shard.ts';
import { readSmallShard } from './small-shard.ts';
import { requireShard, type ShardSource } from './require-shard.ts';

/** Pixels in 0..255, [height, width, channels]. */
export interface ByteImage {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** What reading samples takes from outside: objects, their hash, a decoder, and what resizes pixels. */
export interface SampleSource extends ShardSource {
  decodeImage(bytes: Uint8Array, limits: { maxPixels: number }): Promise<ByteImage>;
  /** the shorter side resized and the middle cut out */
  decodeAndResize(bytes: Uint8Array, size: number, limits: { maxPixels: number }): Promise<ByteImage>;
  /** the same of pixels */
  middleSquare(image: ByteImage, size: number): ByteImage;
}

const noLimits = { maxPixels: Number.MAX_SAFE_INTEGER }; // ingest has refused what is too large

/** One image of a split. */
export interface Sample {
  /** its number within the split */
  number: number;
  id: string;
  /** -1: none */
  label: number;
  /** the image as it is stored */
  whole(): Promise<ByteImage>;
  /** the shorter side resized to `size` and the middle cut out, [size, size, 3]; as it is where it has this size */
  square(size: number): Promise<Uint8Array>;
}

type OpenShard = Omit<Sample, 'number'>[];

/** The samples of a split, or the first of them; shards are read when they are needed and not kept longer. */
export class Samples {
  readonly count: number;
  readonly #source: SampleSource;
  readonly #shards: Shard[];
  readonly #starts: number[];

  /** @throws FormatError where the shards of the split hold other numbers than its index says */
  constructor(source: SampleSource, index: DatasetIndex, split: Split, limit: number | null) {
    this.#source = source;
    this.#shards = index.shards.filter((shard) => shard.split === split);
    this.#starts = shardStarts(this.#shards.map(({ samples }) => samples));
    const held = this.#starts.at(-1) as number;
    if (held !== index.splits[split])
      throw new FormatError(`the shards of ${split} hold ${held} images, the index says ${index.splits[split]}`);
    this.count = Math.min(held, limit ?? Infinity);
  }

  /** In the order of the index, one shard in memory at a time. */
  inOrder(): AsyncGenerator<Sample> {
    return this.#numbered(Uint32Array.from({ length: this.count }, (_, number) => number));
  }

  /** Shuffled, within groups of so many shards; as many are in memory at a time. */
  shuffled(options: { seed: number; epoch: number; groupShards: number }): AsyncGenerator<Sample> {
    const order = epochOrder({ ...options, shardSamples: this.#shards.map(({ samples }) => samples) });
    return this.#numbered(
      order.filter((number) => number < this.count),
      options.groupShards,
    );
  }

  /** Those numbers, which rise. */
  only(numbers: Uint32Array): AsyncGenerator<Sample> {
    return this.#numbered(numbers);
  }

  async *#numbered(numbers: Uint32Array, shardsHeld = 1): AsyncGenerator<Sample> {
    const open = new Map<number, OpenShard>();
    for (const number of numbers) {
      const { shard, index } = locateSample(this.#starts, number);
      const samples = open.get(shard) ?? (await this.#open(this.#shards[shard] as Shard));
      open.set(shard, samples);
      const [oldest] = open.keys();
      if (open.size > shardsHeld && oldest !== undefined) open.delete(oldest);
      yield { ...(samples[index] as OpenShard[number]), number };
    }
  }

  async #open(shard: Shard): Promise<OpenShard> {
    const { key, samples } = shard;
    const bytes = await requireShard(this.#source, shard);
    const open = key.endsWith('.tar') ? await openLarge(bytes, key, this.#source) : openSmall(bytes, key, this.#source);
    if (open.length !== samples)
      throw new FormatError(`${key} holds ${open.length} samples, the index says ${samples}`);
    return open;
  }
}

async function openLarge(
  bytes: Uint8Array,
  key: string,
  { decodeImage, decodeAndResize }: SampleSource,
): Promise<OpenShard> {
  return (await readLargeShard(bytes, key)).map(({ id, class: label, bytes: file }) => ({
    id,
    label,
    whole: () => decodeImage(file, noLimits),
    square: async (size) => (await decodeAndResize(file, size, noLimits)).data,
  }));
}

function openSmall(bytes: Uint8Array, key: string, { middleSquare }: SampleSource): OpenShard {
  const { images, width, height, channels, classes, ids } = readSmallShard(bytes, key);
  const stride = width * height * channels;
  return Array.from(classes, (label, row) => {
    const image = { width, height, channels, data: images.subarray(row * stride, (row + 1) * stride) };
    return {
      id: ids[row] as string,
      label,
      whole: async () => image,
      square: async (size) => (width === size && height === size ? image.data : middleSquare(image, size).data),
    };
  });
}
