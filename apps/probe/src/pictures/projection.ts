import { type ProjectionPicture, projectionPictureSchema, UsageError } from '#lib/contracts';
import { type IdentifiedFeatures, pca } from '#lib/evaluation';

import type { Picture, PicturesTask } from './task.ts';
import { umap } from './umap.ts';

/** Points of a cloud; of wide features fewer, since the components of 2,000 rows of 2,048 take half a minute. */
export const mostPoints = 2000;
/** Of earlier checkpoints than the last, whose embeddings nobody else needs: they are made while the run trains. */
export const earlierPoints = 1000;
const [wide, mostWidePoints] = [1024, 1000];
const leastPoints = 4;

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

/**
 * Embeddings in two dimensions, by their principal components and by UMAP.
 *
 * @param features of the first images of a split
 * @throws UsageError for too few images, or embeddings that are all equal
 */
export async function projectionPicture(
  { job, spec, onProgress }: PicturesTask,
  split: 'eval' | 'tune',
  features: IdentifiedFeatures,
): Promise<Picture> {
  const [rows, columns] = features.shape;
  const count = Math.min(rows, columns > wide ? mostWidePoints : mostPoints);
  if (count < leastPoints || columns < 2)
    throw new UsageError(
      `${rows} images of ${split} with ${columns} features are too few to be drawn in two dimensions`,
    );
  const shown = { data: features.data.subarray(0, count * columns), shape: [count, columns] as const };
  const { projection, explainedVarianceRatio } = pca(shown, 2);
  const cloud = await umap(shown, { seed: spec.seed, onProgress: (done) => onProgress('UMAP', done) });
  const axis = (values: ArrayLike<number>, which: 0 | 1) =>
    Array.from({ length: count }, (_, row) => rounded(values[2 * row + which] as number));
  const content: ProjectionPicture = {
    format: 'unlabel.projection-picture',
    version: 1,
    step: job.step,
    split,
    samples: Array.from({ length: count }, (_, row) => row),
    classes: [...features.labels.subarray(0, count)],
    pca: {
      x: axis(projection, 0),
      y: axis(projection, 1),
      explained: [explainedVarianceRatio[0] ?? 0, explainedVarianceRatio[1] ?? 0],
    },
    umap: { x: axis(cloud.points, 0), y: axis(cloud.points, 1), ...cloud.options },
  };
  return { picture: 'projection', content: projectionPictureSchema.parse(content), files: [] };
}
