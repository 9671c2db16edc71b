import { checkColour, emptyLike, type FloatImage, type Target } from './image.ts';

const { fround } = Math;
const [red, green, blue] = [0.2989, 0.587, 0.114] as const;
const [narrowRed, narrowGreen, narrowBlue] = [fround(red), fround(green), fround(blue)];

/** Grey value of a colour in float64, with torchvision's weights (ITU-R BT.601, which sum to 0.9999 here). */
export const exactLuma = (r: number, g: number, b: number): number => red * r + green * g + blue * b;

/** The same in float32. */
export function luma(r: number, g: number, b: number): number {
  return fround(fround(fround(narrowRed * r) + fround(narrowGreen * g)) + fround(narrowBlue * b));
}

/** Three equal channels with the grey value. */
export function grayscale(image: FloatImage, target: Target = emptyLike(image)): FloatImage {
  checkColour('grayscale', image);
  const { data } = image;
  const out = target.data;
  for (let i = 0; i < data.length; i += 3) {
    const grey = luma(data[i] as number, data[i + 1] as number, data[i + 2] as number);
    out[i] = grey;
    out[i + 1] = grey;
    out[i + 2] = grey;
  }
  return target;
}
