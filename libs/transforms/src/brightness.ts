import { emptyLike, type FloatImage, type Target } from './image.ts';

const { fround } = Math;

/** clamp(f x, 0, 1); factor 0 gives black, 1 the image. */
export function brightness(image: FloatImage, factor: number, target: Target = emptyLike(image)): FloatImage {
  const { data } = image;
  const out = target.data;
  const narrow = fround(factor);
  for (let i = 0; i < data.length; i++) {
    const value = fround(narrow * (data[i] as number));
    out[i] = value > 1 ? 1 : value < 0 ? 0 : value;
  }
  return target;
}
