import { checkColour, emptyLike, type FloatImage, type Target } from './image.ts';

const { fround } = Math;

/**
 * Turns the hue: to HSV, h = (h + f) mod 1, back to RGB, as torchvision's `adjust_hue`. Greys stay as they are.
 *
 * With M and m the largest and smallest channel, value is M and saturation (M - m) / M, so that the other two corners of
 * the way back, v (1 - s f) and v (1 - s (1 - f)), are M - (M - m) f and m + (M - m) f: one division a pixel.
 * @param shift in turns, -0.5 .. 0.5
 */
export function hue(image: FloatImage, shift: number, target: Target = emptyLike(image)): FloatImage {
  checkColour('hue', image);
  const { data } = image;
  const out = target.data;
  const turn = fround(turnInSixths(shift));
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] as number;
    const g = data[i + 1] as number;
    const b = data[i + 2] as number;
    const max = r > g ? (r > b ? r : b) : g > b ? g : b;
    const min = r < g ? (r < b ? r : b) : g < b ? g : b;
    const chroma = fround(max - min);
    if (chroma === 0) {
      put(out, i, max, max, max);
      continue;
    }
    // In sixths of a turn from red; 6 is added so that the sum is never negative.
    const [base, difference] = max === r ? [6, g - b] : max === g ? [8, b - r] : [10, r - g];
    const angle = fround(base + fround(fround(difference) / chroma));
    const turned = fround(angle + turn);
    const sixths = fround(turned - (turned >= 12 ? 12 : turned >= 6 ? 6 : 0));
    const sector = Math.floor(sixths);
    const along = fround(chroma * fround(sixths - sector));
    const falling = max - along;
    const rising = min + along;
    if (sector === 0) put(out, i, max, rising, min);
    else if (sector === 1) put(out, i, falling, max, min);
    else if (sector === 2) put(out, i, min, max, rising);
    else if (sector === 3) put(out, i, min, falling, max);
    else if (sector === 4) put(out, i, rising, min, max);
    else put(out, i, max, min, falling);
  }
  return target;
}

/** A shift of any sign as sixths of a turn, 0 .. 6. */
export const turnInSixths = (shift: number): number => 6 * (shift - Math.floor(shift));

function put(out: Float32Array, at: number, r: number, g: number, b: number): void {
  out[at] = r;
  out[at + 1] = g;
  out[at + 2] = b;
}
