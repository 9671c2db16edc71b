import { exactLuma } from './grayscale.ts';
import { checkColour, emptyLike, type FloatImage, type Target } from './image.ts';

const { fround } = Math;

/** clamp(f x + (1 - f) m, 0, 1) with m the mean grey value of the whole image; factor 0 gives plain grey, 1 the image. */
export function contrast(image: FloatImage, factor: number, target: Target = emptyLike(image)): FloatImage {
  checkColour('contrast', image);
  const { data } = image;
  const out = target.data;
  const narrow = fround(factor);
  const offset = fround((1 - factor) * meanLuma(data));
  for (let i = 0; i < data.length; i++) {
    const value = fround(fround(narrow * (data[i] as number)) + offset);
    out[i] = value > 1 ? 1 : value < 0 ? 0 : value;
  }
  return target;
}

/** Sums of a plane that are formed side by side, so that vector instructions can: pixel i is in sum i mod 16. */
const sums = 16;

/**
 * The mean of the grey values is the grey value of the channels' means, in float64: 16 sums a channel, then these one after another.
 */
function meanLuma(data: Float32Array): number {
  const parts = new Float64Array(3 * sums);
  for (let i = 0; i < data.length; i++) {
    const at = (i % 3) * sums + (Math.floor(i / 3) % sums);
    parts[at] = (parts[at] as number) + (data[i] as number);
  }
  const sum = (channel: number) =>
    parts.subarray(channel * sums, (channel + 1) * sums).reduce((total, part) => total + part, 0);
  return exactLuma(sum(0), sum(1), sum(2)) / (data.length / 3);
}
