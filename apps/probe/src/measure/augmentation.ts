import type { ViewOperation } from '#lib/contracts';
import { Draws } from '#lib/sampling';
import type { Sample } from '#lib/shards';
import { makeView } from '#lib/transforms';

export interface Augmentation {
  /** Side of the result in pixels. */
  size: number;
  /** Smallest area of a crop, as a part of the image. */
  smallestCrop: number;
  seed: number;
  epoch: number;
}

/** A training image of a classifier: a random crop, resized, flipped half the time; [size, size, 3]. */
export async function augmented(
  sample: Sample,
  { size, smallestCrop, seed, epoch }: Augmentation,
): Promise<Uint8Array> {
  const operations: ViewOperation[] = [
    {
      op: 'random-resized-crop',
      size,
      scale: [smallestCrop, 1],
      ratio: [3 / 4, 4 / 3],
      interpolation: 'bilinear',
      antialias: true,
    },
    { op: 'horizontal-flip', p: 0.5 },
  ];
  const draws = new Draws({ seed, purpose: 'augmentation of a probe', epoch, sample: sample.number });
  return makeView(await sample.whole(), operations, draws).data;
}
