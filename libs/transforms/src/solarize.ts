import { emptyLike, type FloatImage, type Target } from './image.ts';

/** 1 - x where x ≥ threshold, else x. */
export function solarize(image: FloatImage, threshold: number, target: Target = emptyLike(image)): FloatImage {
  const { data } = image;
  const out = target.data;
  const narrow = Math.fround(threshold);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    out[i] = value >= narrow ? 1 - value : value;
  }
  return target;
}
