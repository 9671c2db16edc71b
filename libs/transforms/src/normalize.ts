import { UsageError } from '#lib/contracts';

import { emptyLike, type FloatImage, type Target } from './image.ts';

/**
 * (x - mean) / std of each channel. Not part of view recipes: normalisation happens inside the training graph.
 * @throws UsageError unless there is one mean and one positive std for each channel
 */
export function normalize(
  image: FloatImage,
  mean: readonly number[],
  std: readonly number[],
  target: Target = emptyLike(image),
): FloatImage {
  const { data, channels } = image;
  if (mean.length !== channels || std.length !== channels || !std.every((value) => value > 0))
    throw new UsageError(
      `normalize: mean [${mean.join(', ')}] and std [${std.join(', ')}] for an image of ${channels} channels; std is positive`,
    );
  const out = target.data;
  for (let i = 0; i < data.length; i += channels)
    for (let c = 0; c < channels; c++)
      out[i + c] = ((data[i + c] as number) - (mean[c] as number)) / (std[c] as number);
  return target;
}
