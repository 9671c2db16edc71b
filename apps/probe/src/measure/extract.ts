import type { IdentifiedFeatures } from '#lib/evaluation';
import type { Sample } from '#lib/shards';

import type { Extractor } from './encoder.ts';

/**
 * What an extractor makes of samples, batch by batch, so that no more than a batch of images is held; the last batch is filled up with
 * zeros and cut off again.
 *
 * @param count of the samples
 * @param imageOf the image that is fed for a sample, uint8 [H, W, 3]
 */
export async function extract(
  { batch, size, run }: Extractor,
  samples: AsyncIterable<Sample>,
  count: number,
  { imageOf, onProgress }: { imageOf: (sample: Sample) => Promise<Uint8Array>; onProgress: (done: number) => void },
): Promise<IdentifiedFeatures> {
  const features = { data: new Float32Array(count * size), labels: new Int32Array(count), ids: [] as string[] };
  let images: Uint8Array | undefined;
  let row = 0;
  const flush = () => {
    const filled = row % batch || batch;
    if (!images || row === 0) return;
    features.data.set(run(images).subarray(0, filled * size), (row - filled) * size);
    images.fill(0);
    onProgress(row / count);
  };
  for await (const sample of samples) {
    const image = await imageOf(sample);
    images ??= new Uint8Array(batch * image.length);
    images.set(image, (row % batch) * image.length);
    features.labels[row++] = sample.label;
    features.ids.push(sample.id);
    if (row % batch === 0) flush();
  }
  if (row % batch !== 0) flush();
  return { data: features.data, shape: [count, size], labels: features.labels, ids: features.ids };
}

/** Raw pixels in 0..1 as features. */
export async function pixelFeatures(
  samples: AsyncIterable<Sample>,
  count: number,
  { size, onProgress }: { size: number; onProgress: (done: number) => void },
): Promise<IdentifiedFeatures> {
  const columns = size * size * 3;
  const [data, labels, ids] = [new Float32Array(count * columns), new Int32Array(count), [] as string[]];
  let row = 0;
  for await (const sample of samples) {
    const image = await sample.square(size);
    for (let at = 0; at < columns; at++) data[row * columns + at] = (image[at] as number) / 255;
    labels[row++] = sample.label;
    ids.push(sample.id);
    onProgress(row / count);
  }
  return { data, shape: [count, columns], labels, ids };
}
