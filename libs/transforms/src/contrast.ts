import { luma } from './grayscale.ts';
import { checkColour, emptyLike, type FloatImage, type Target } from './image.ts';

/** clamp(f x + (1 - f) m, 0, 1) with m the mean grey value of the whole image; factor 0 gives plain grey, 1 the image. */
export function contrast(image: FloatImage, factor: number, target: Target = emptyLike(image)): FloatImage {
  checkColour('contrast', image);
  const { data } = image;
  const out = target.data;
  const offset = (1 - factor) * meanLuma(data);
  for (let i = 0; i < data.length; i++) {
    const value = factor * (data[i] as number) + offset;
    out[i] = value > 1 ? 1 : value < 0 ? 0 : value;
  }
  return target;
}

/** The mean of the grey values is the grey value of the channels' means. */
function meanLuma(data: Float32Array): number {
  let [r, g, b] = [0, 0, 0];
  for (let i = 0; i < data.length; i += 3) {
    r += data[i] as number;
    g += data[i + 1] as number;
    b += data[i + 2] as number;
  }
  return luma(r, g, b) / (data.length / 3);
}
