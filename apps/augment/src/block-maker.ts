import { LRUCache } from 'lru-cache';

import {
  type AugmentJob,
  type DatasetIndex,
  datasetIndexSchema,
  FormatError,
  hashJson,
  keys,
  type Shard,
  type Views,
  viewsSchema,
  viewSizes,
} from '#lib/contracts';
import { decoderRevision, ImageReader } from '#lib/images';
import { Draws, epochOrder, locateSample, shardStarts } from '#lib/sampling';
import { readLargeShard, readSmallShard, requireShard, writeViewBlock } from '#lib/shards';
import { type ObjectStore, requireJson, sha256 } from '#lib/storage';
import { makeViews, transformsRevision } from '#lib/transforms';

/** Pixels of a sample, [height, width, 3] */
interface Picture {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

interface OpenShard {
  sizeBytes: number;
  picture(row: number): Picture | Promise<Picture>;
}

const shardCacheBytes = 256 * 1024 * 1024;
const ordersKept = 4;
const descriptionsKept = 16;

/**
 * Makes view blocks, one at a time: a pure function of the key, with shards, orders and descriptions kept for the next block.
 * An image is decoded where its views are made, so that a worker takes one core.
 */
export class BlockMaker {
  readonly #store: ObjectStore;
  readonly #views = new LRUCache<string, { views: Views; shards: Shard[]; samples: number }>({ max: descriptionsKept });
  readonly #shards = new LRUCache<string, OpenShard>({
    maxSize: shardCacheBytes,
    sizeCalculation: ({ sizeBytes }) => sizeBytes,
  });
  readonly #orders = new LRUCache<string, Uint32Array>({ max: ordersKept });
  readonly #reader = new ImageReader();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * The bytes of a block: the samples at positions [bS, (b+1)S) of the epoch's order, each transformed into its views.
   * @throws FormatError for an unknown or foreign description, or a shard that was truncated or altered
   */
  async make(job: AugmentJob, onSample: () => void): Promise<Uint8Array> {
    const { views, shards, samples } = await this.#describe(job.viewsHash);
    const order = this.#order(job, views, shards);
    const numbers = order.subarray(
      job.block * views.blockSamples,
      Math.min((job.block + 1) * views.blockSamples, samples),
    );
    if (numbers.length === 0)
      throw new FormatError(
        `block ${job.block} of ${job.viewsHash.slice(0, 12)}…: the split has ${samples} samples, in blocks of ${views.blockSamples}`,
      );
    const starts = shardStarts(shards.map(({ samples: count }) => count));
    const sizes = viewSizes(views.recipe);
    const tensors = sizes.map((size) => new Uint8Array(numbers.length * size * size * 3));
    for (const [row, number] of numbers.entries()) {
      const picture = await this.#picture(shards, starts, number);
      const draws = (view: number) =>
        new Draws({ seed: views.seed, purpose: 'view', epoch: job.epoch, sample: number, view });
      makeViews(picture, views.recipe, draws, (view) => {
        const { length } = tensors[view] as Uint8Array;
        const stride = length / numbers.length;
        return (tensors[view] as Uint8Array).subarray(row * stride, (row + 1) * stride);
      });
      onSample();
    }
    return writeViewBlock({
      samples: Uint32Array.from(numbers),
      views: tensors.map((data, v) => ({ height: sizes[v] as number, width: sizes[v] as number, channels: 3, data })),
    });
  }

  async #describe(viewsHash: string) {
    const known = this.#views.get(viewsHash);
    if (known) return known;
    const views = await requireJson(this.#store, keys.views(viewsHash), viewsSchema);
    const { dataset, ...hashed } = views;
    if (hashJson(hashed) !== viewsHash) throw new FormatError(`${keys.views(viewsHash)} is not what its name says`);
    const { transforms, decoder } = views.revisions;
    if (transforms !== transformsRevision || decoder !== decoderRevision)
      throw new FormatError(
        `${keys.views(viewsHash)} is for transforms ${transforms} and decoder ${decoder}, this worker has ${transformsRevision} and ${decoderRevision}`,
        { remedy: 'start augment workers of the version that started the run' },
      );
    const indexKey = keys.datasetIndex(dataset, views.contentHash);
    const index: DatasetIndex = await requireJson(this.#store, indexKey, datasetIndexSchema);
    if (hashJson(index) !== views.contentHash) throw new FormatError(`${indexKey} is not what its name says`);
    const shards = index.shards.filter(({ split }) => split === views.split);
    const described = { views, shards, samples: index.splits[views.split] };
    this.#views.set(viewsHash, described);
    return described;
  }

  #order({ viewsHash, epoch }: AugmentJob, views: Views, shards: Shard[]): Uint32Array {
    const key = `${viewsHash}/${epoch}`;
    const known = this.#orders.get(key);
    if (known) return known;
    const shardSamples = shards.map(({ samples }) => samples);
    const order = epochOrder({ shardSamples, seed: views.seed, epoch, groupShards: views.groupShards });
    this.#orders.set(key, order);
    return order;
  }

  async #picture(shards: Shard[], starts: number[], number: number): Promise<Picture> {
    const { shard: position, index } = locateSample(starts, number);
    const shard = shards[position] as Shard;
    const open = this.#shards.get(shard.key) ?? (await this.#open(shard));
    return open.picture(index);
  }

  async #open(shard: Shard): Promise<OpenShard> {
    const bytes = await requireShard({ store: this.#store, sha256 }, shard);
    const open = shard.key.endsWith('.tar')
      ? await openLarge(bytes, shard.key, this.#reader)
      : openSmall(bytes, shard.key);
    this.#shards.set(shard.key, open);
    return open;
  }
}

function openSmall(bytes: Uint8Array, key: string): OpenShard {
  const { width, height, channels, images } = readSmallShard(bytes, key);
  const stride = width * height * channels;
  const picture = (row: number) => ({
    width,
    height,
    channels,
    data: images.subarray(row * stride, (row + 1) * stride),
  });
  return { sizeBytes: bytes.length, picture };
}

async function openLarge(bytes: Uint8Array, key: string, reader: ImageReader): Promise<OpenShard> {
  const entries = await readLargeShard(bytes, key);
  const picture = async (row: number) => {
    const entry = entries[row];
    if (!entry) throw new FormatError(`${key}: row ${row} of a shard with ${entries.length} samples`);
    return reader.read(entry.bytes, { maxPixels: Number.MAX_SAFE_INTEGER });
  };
  return { sizeBytes: bytes.length, picture };
}
