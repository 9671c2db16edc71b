import { type DatasetIndex, FormatError, type Shard, type Split } from '#lib/contracts';
import { decodeAndResize } from '#lib/images';
import { Draws } from '#lib/sampling';
import { readLargeShard, readSmallShard, verify } from '#lib/shards';
import { type ObjectStore, sha256 } from '#lib/storage';
import { type ByteImage, makeView } from '#lib/transforms';

/** The first images of a split as squares, in the order of the index, with their classes. */
export interface SplitImages {
  /** uint8 [N, size, size, 3] */
  pixels: Uint8Array;
  /** [N], -1: no class */
  labels: Int32Array;
  count: number;
}

/**
 * Reads the first images of a split for the monitors: the shorter side is resized to `size` and the middle is cut out;
 * images that have this size are taken as they are. Shards hold a mixture of classes, so the first images do.
 */
export async function readFirstImages(
  store: ObjectStore,
  index: DatasetIndex,
  split: Exclude<Split, 'eval'>,
  { size, limit }: { size: number; limit: number },
): Promise<SplitImages> {
  const count = Math.min(index.splits[split], limit);
  const pixels = new Uint8Array(count * size * size * 3);
  const labels = new Int32Array(count);
  let at = 0;
  for (const shard of index.shards.filter((entry) => entry.split === split)) {
    if (at >= count) break;
    for await (const { image, label } of shardImages(store, shard, size)) {
      if (at >= count) break;
      pixels.set(image, at * size * size * 3);
      labels[at++] = label;
    }
  }
  if (at < count) throw new FormatError(`the shards of ${split} hold ${at} images, the index says ${count}`);
  return { pixels, labels, count };
}

async function* shardImages(
  store: ObjectStore,
  shard: Shard,
  size: number,
): AsyncGenerator<{ image: Uint8Array; label: number }> {
  const object = await store.get(shard.key);
  if (!object) throw new FormatError(`${shard.key} is in the index but not in ${store.describe()}`);
  verify(object.bytes, shard.sha256, sha256, shard.key);
  if (shard.key.endsWith('.tar')) {
    for (const { bytes, class: label } of await readLargeShard(object.bytes, shard.key))
      yield { image: (await decodeAndResize(bytes, size, { maxPixels: Number.MAX_SAFE_INTEGER })).data, label };
    return;
  }
  const { images, width, height, channels, classes } = readSmallShard(object.bytes, shard.key);
  const stride = width * height * channels;
  for (const [row, label] of classes.entries()) {
    const data = images.subarray(row * stride, (row + 1) * stride);
    const fits = width === size && height === size;
    yield { image: fits ? data : middleSquare({ width, height, channels, data }, size), label };
  }
}

/** Nothing is drawn by these operations; the stream is only there because every view has one. */
const noDraws = new Draws({ seed: 0, purpose: 'evaluation', epoch: 0, sample: 0, view: 0 });

function middleSquare(image: ByteImage, size: number): Uint8Array {
  const operations = [
    { op: 'resize', size, interpolation: 'bilinear', antialias: true } as const,
    { op: 'center-crop', size } as const,
  ];
  return makeView(image, operations, noDraws).data;
}
