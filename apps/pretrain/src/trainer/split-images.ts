import { type DatasetIndex, type Split } from '#lib/contracts';
import { decodeAndResize, decodeImage } from '#lib/images';
import { Samples } from '#lib/shards';
import { type ObjectStore, sha256 } from '#lib/storage';
import { middleSquare } from '#lib/transforms';

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
  const samples = new Samples({ store, sha256, decodeImage, decodeAndResize, middleSquare }, index, split, limit);
  const pixels = new Uint8Array(samples.count * size * size * 3);
  const labels = new Int32Array(samples.count);
  for await (const sample of samples.inOrder()) {
    pixels.set(await sample.square(size), sample.number * size * size * 3);
    labels[sample.number] = sample.label;
  }
  return { pixels, labels, count: samples.count };
}
