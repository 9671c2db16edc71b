import { luma } from './grayscale.ts';
import { checkColour, emptyLike, type FloatImage, type Target } from './image.ts';

const { fround } = Math;
const held = (value: number) => (value > 1 ? 1 : value < 0 ? 0 : value);

/** clamp(f x + (1 - f) g, 0, 1) with g the grey value of each pixel; factor 0 gives grey, 1 the image. */
export function saturation(image: FloatImage, factor: number, target: Target = emptyLike(image)): FloatImage {
  checkColour('saturation', image);
  const { data } = image;
  const out = target.data;
  const [narrow, rest] = [fround(factor), fround(1 - factor)];
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] as number;
    const g = data[i + 1] as number;
    const b = data[i + 2] as number;
    const grey = fround(rest * luma(r, g, b));
    out[i] = held(fround(fround(narrow * r) + grey));
    out[i + 1] = held(fround(fround(narrow * g) + grey));
    out[i + 2] = held(fround(fround(narrow * b) + grey));
  }
  return target;
}
