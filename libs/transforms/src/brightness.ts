import { emptyLike, type FloatImage, type Target } from './image.ts';

/** clamp(f x, 0, 1); factor 0 gives black, 1 the image. */
export function brightness(image: FloatImage, factor: number, target: Target = emptyLike(image)): FloatImage {
  const { data } = image;
  const out = target.data;
  for (let i = 0; i < data.length; i++) {
    const value = factor * (data[i] as number);
    out[i] = value > 1 ? 1 : value < 0 ? 0 : value;
  }
  return target;
}
