import { UsageError } from '#lib/contracts';

import { emptyImage, type FloatImage, type Target } from './image.ts';
import { addLine, startSum, writeSum } from './line-sum.ts';
import { type Filter, type Resampling, resampling } from './resampling.ts';

/** A rectangle of pixels. */
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

export interface Size {
  height: number;
  width: number;
}

const { fround } = Math;

/** The part of the image between both passes, [box height, output width, channels]; kept from call to call. */
let between = new Float32Array(0);

/** @throws UsageError if the box is empty or leaves the image */
export function checkBox(operation: string, { width, height }: Size, box: Box): void {
  const inside = box.top >= 0 && box.left >= 0 && box.top + box.height <= height && box.left + box.width <= width;
  if (!inside || box.width < 1 || box.height < 1)
    throw new UsageError(
      `${operation}: box ${box.height} × ${box.width} at (${box.top}, ${box.left}) is not within the image of ${height} × ${width}`,
    );
}

/**
 * Crops and resizes as torchvision's `resized_crop` on float images: along the width, then along the height; only pixels
 * inside the box count. Bicubic results are not clamped: see `clamp`.
 * @param target an image of the size wanted, not `image` itself
 */
export function resizedCrop(image: FloatImage, box: Box, target: Target, filter: Filter): FloatImage {
  checkBox('resized crop', image, box);
  const across = resampling(box.width, target.width, filter);
  const down = resampling(box.height, target.height, filter);
  const needed = box.height * target.width * image.channels;
  if (between.length < needed) between = new Float32Array(needed);
  alongWidth(image, box, target.width, across, between);
  alongHeight(between, target, down);
  return target;
}

/** Rows of the box to rows of `width` pixels. */
function alongWidth(
  image: FloatImage,
  box: Box,
  width: number,
  { taps, starts, weights }: Resampling,
  out: Float32Array,
) {
  const { data, channels } = image;
  let at = 0;
  for (let y = 0; y < box.height; y++) {
    const row = ((box.top + y) * image.width + box.left) * channels;
    for (let x = 0; x < width; x++) {
      const source = row + (starts[x] as number) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let t = 0; t < taps; t++)
          sum = fround(sum + fround((weights[x * taps + t] as number) * (data[source + t * channels + c] as number)));
        out[at++] = sum;
      }
    }
  }
}

/** Rows of `rows` to the rows of the target. */
function alongHeight(rows: Float32Array, target: Target, { taps, starts, weights }: Resampling): void {
  const length = target.width * target.channels;
  for (let y = 0; y < target.height; y++) {
    const from = (starts[y] as number) * length;
    startSum(rows, from, weights[y * taps] as number, length);
    for (let t = 1; t < taps; t++) addLine(rows, from + t * length, weights[y * taps + t] as number, length);
    writeSum(target.data, y * length, length);
  }
}

/** Resizes the whole image. */
export function resize(image: FloatImage, { height, width }: Size, filter: Filter): FloatImage {
  const target = emptyImage(width, height, image.channels);
  return resizedCrop(image, { top: 0, left: 0, height: image.height, width: image.width }, target, filter);
}

/** Size with the shorter side `side` and the same ratio, the longer side ⌊side · long / short⌋ as in torchvision. */
export function shorterSide({ height, width }: Size, side: number): Size {
  return width <= height
    ? { width: side, height: Math.floor((side * height) / width) }
    : { width: Math.floor((side * width) / height), height: side };
}
