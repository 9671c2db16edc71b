import { UsageError } from '#lib/contracts';

import { emptyLike, type FloatImage, type Target } from './image.ts';
import { addLine, startSum, writeSum } from './line-sum.ts';
import { reflected } from './reflection.ts';
import { type Size } from './resize.ts';

export interface Blur {
  /** odd lengths in pixels: [along the width, along the height] */
  kernel: readonly [number, number];
  /** standard deviations in pixels: [along the width, along the height] */
  sigma: readonly [number, number];
}

/** A row with its mirrored ends, and the image between both passes; kept from call to call. */
let padded = new Float32Array(0);
let between = new Float32Array(0);

/** Weights exp(-d² / (2 σ²)) at the whole numbers d, scaled to sum 1. */
export function gaussianKernel(length: number, sigma: number): Float32Array {
  if (!Number.isInteger(length) || length < 1 || length % 2 === 0)
    throw new UsageError(`gaussian blur: kernel ${length}, expected an odd whole number`);
  if (!(sigma > 0)) throw new UsageError(`gaussian blur: sigma ${sigma}, expected a positive number`);
  const radius = (length - 1) / 2;
  const weights = Array.from({ length }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}

/** The odd length next to a tenth of a side (SimCLR, appendix A), at least 3. */
export function automaticKernel(side: number): number {
  return 2 * Math.max(1, Math.floor(Math.floor(side / 10) / 2)) + 1;
}

/**
 * Gaussian blur along the width, then along the height; the border is mirrored without repeating the edge pixel.
 * @throws UsageError for an even kernel, or one that reaches further than the image can be mirrored
 */
export function gaussianBlur(
  image: FloatImage,
  { kernel, sigma }: Blur,
  target: Target = emptyLike(image),
): FloatImage {
  const across = gaussianKernel(kernel[0], sigma[0]);
  const down = gaussianKernel(kernel[1], sigma[1]);
  checkReach(image, kernel);
  if (between.length < image.data.length) between = new Float32Array(image.data.length);
  blurRows(image, across, between);
  blurColumns(between, down, target);
  return target;
}

/** @throws UsageError for a kernel that reaches further than the image can be mirrored */
export function checkReach({ height, width }: Size, kernel: Blur['kernel']): void {
  if (kernel[0] >> 1 >= width || kernel[1] >> 1 >= height)
    throw new UsageError(
      `gaussian blur: a kernel of ${kernel[0]} × ${kernel[1]} (width × height) on an image of ${width} × ${height}`,
      { remedy: 'a kernel is shorter than twice the side' },
    );
}

function blurRows({ data, width, height, channels }: FloatImage, weights: Float32Array, out: Float32Array): void {
  const radius = weights.length >> 1;
  const length = width * channels;
  const needed = length + 2 * radius * channels;
  if (padded.length < needed) padded = new Float32Array(needed);
  for (let y = 0; y < height; y++) {
    const row = y * length;
    for (let x = -radius; x < width + radius; x++) {
      const from = row + reflected(x, width) * channels;
      for (let c = 0; c < channels; c++) padded[(x + radius) * channels + c] = data[from + c] as number;
    }
    startSum(padded, 0, weights[0] as number, length);
    for (let k = 1; k < weights.length; k++) addLine(padded, k * channels, weights[k] as number, length);
    writeSum(out, row, length);
  }
}

function blurColumns(rows: Float32Array, weights: Float32Array, { data, width, height, channels }: Target): void {
  const radius = weights.length >> 1;
  const length = width * channels;
  const from = (row: number) => reflected(row, height) * length;
  for (let y = 0; y < height; y++) {
    startSum(rows, from(y - radius), weights[0] as number, length);
    for (let k = 1; k < weights.length; k++) addLine(rows, from(y + k - radius), weights[k] as number, length);
    writeSum(data, y * length, length);
  }
}
