import { type Draws } from '#lib/sampling';

import { type Box, type Size } from './resize.ts';
import { roundHalfToEven } from './rounding.ts';

const attempts = 10;

/**
 * Draws the box of a random resized crop as torchvision's `RandomResizedCrop` does: area uniform on `scale` of the image,
 * aspect ratio log-uniform on `ratio`, ten attempts to fit it in, else the largest centred box within the ratios.
 * @param ratio width / height
 */
export function drawCropBox(
  { height, width }: Size,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  draws: Draws,
): Box {
  const [logLow, logHigh] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = height * width * draws.uniform(scale[0], scale[1]);
    const aspect = Math.exp(draws.uniform(logLow, logHigh));
    const w = roundHalfToEven(Math.sqrt(area * aspect));
    const h = roundHalfToEven(Math.sqrt(area / aspect));
    if (w > 0 && w <= width && h > 0 && h <= height)
      return { top: draws.int(height - h + 1), left: draws.int(width - w + 1), height: h, width: w };
  }
  return centredBox({ height, width }, ratio);
}

/** The largest centred box whose ratio is within the bounds, or as near as whole pixels allow. */
function centredBox({ height, width }: Size, ratio: readonly [number, number]): Box {
  let [h, w] = [height, width];
  if (width / height < ratio[0]) h = Math.max(1, roundHalfToEven(width / ratio[0]));
  else if (width / height > ratio[1]) w = Math.max(1, roundHalfToEven(height * ratio[1]));
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}
