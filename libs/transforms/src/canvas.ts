import { type Adjustment, type JitterFactors } from './color-jitter.ts';
import { type Blur, checkReach, gaussianKernel } from './gaussian-blur.ts';
import { luma } from './grayscale.ts';
import { turnInSixths } from './hue.ts';
import { type ByteImage, type FloatImage } from './image.ts';
import { region } from './kernel-memory.ts';
import { wideBytes } from './kernels/along-width.ts';
import { blurredAtOnce } from './kernels/blur.ts';
import { double, float } from './kernels/lanes.ts';
import { planeBytes, Planes } from './planes.ts';
import { reflected } from './reflection.ts';
import { type Filter, type Resampling, resampling } from './resampling.ts';
import { type Box, checkBox, type Size } from './resize.ts';

/**
 * An image that operations change one after another: each gives, bit for bit, what the function of its name gives. Everything that
 * is needed on the way is kept for the next image.
 */
export class Canvas {
  readonly #planes = new Planes();
  /** The image between two passes, a row of it in float64, and what kernels read beside pixels. */
  readonly #between = region();
  readonly #wide = region();
  readonly #places = region();
  readonly #weights = region();

  /** @throws FormatError if the array is not as long as the size says */
  load(image: ByteImage): void {
    this.#planes.load(image);
  }

  /** Back to what was loaded. */
  restart(): void {
    this.#planes.restart();
  }

  get height(): number {
    return this.#planes.height;
  }

  get width(): number {
    return this.#planes.width;
  }

  /** As the function, into `target`. @throws FormatError if it is not as long as the image */
  toBytes(target: Uint8Array = new Uint8Array(this.height * this.width * 3)): ByteImage {
    return this.#planes.toBytes(target);
  }

  resizedCrop(box: Box, size: Size, filter: Filter): void {
    checkBox('resized crop', this, box);
    const { memory, kernels } = this.#planes;
    const down = resampling(box.height, size.height, filter);
    const rows = { height: box.height, width: size.width };
    const between = memory.reserve(this.#between, 3 * planeBytes(rows));
    this.#alongWidth(box, resampling(box.width, size.width, filter), between, planeBytes(rows));
    this.#planes.move(size);
    const alongHeight = kernels.alongHeight(down.taps);
    const filterAt = this.#write(down);
    for (let c = 0; c < 3; c++)
      alongHeight(between + c * planeBytes(rows), this.#planes.rowBytes, ...filterAt, down.taps, this.#planes.at(c));
  }

  /** Holds all values to 0..1. */
  clamp(): void {
    this.#affine(1, 0);
  }

  horizontalFlip(): void {
    const { kernels, rowBytes, valueBytes } = this.#ready();
    for (let c = 0; c < 3; c++) kernels.mirrorRows(this.#planes.at(c), this.#planes.at(c) + valueBytes, rowBytes);
  }

  colorJitter(factors: JitterFactors, order: readonly Adjustment[]): void {
    for (const name of order) {
      const factor = factors[name];
      if (factor === undefined) continue;
      if (name === 'brightness') this.#affine(factor, 0);
      else if (name === 'contrast') this.#affine(factor, (1 - factor) * this.#meanLuma());
      else if (name === 'saturation') this.#changePixels('saturation', factor);
      else this.#changePixels('hue', turnInSixths(factor));
    }
  }

  grayscale(): void {
    this.#changePixels('grayscale', 0);
  }

  solarize(threshold: number): void {
    const planes = this.#ready();
    planes.kernels.solarize(planes.at(0), planes.at(3), threshold);
  }

  /** @throws UsageError as the function */
  gaussianBlur({ kernel, sigma }: Blur): void {
    const across = withoutZeros(gaussianKernel(kernel[0], sigma[0]));
    const down = withoutZeros(gaussianKernel(kernel[1], sigma[1]));
    checkReach(this, kernel);
    const { height, width, memory, kernels, rowBytes, valueBytes } = this.#ready();
    const between = memory.reserve(this.#between, (height * width + blurredAtOnce) * double);
    const wide = memory.reserve(this.#wide, (width + across.length + blurredAtOnce) * double);
    for (let c = 0; c < 3; c++) {
      const plane = this.#planes.at(c);
      const [columns, columnsEnd] = this.#writeMirrored(width, across.length >> 1, 0, float);
      const acrossAt = this.#writePairs(across);
      kernels.blurRows(plane, plane + valueBytes, rowBytes, columns, columnsEnd, wide, ...acrossAt, between);
      const [rows] = this.#writeMirrored(height, down.length >> 1, between, width * double);
      kernels.blurColumns(rows, rows + height * float, rowBytes, ...this.#writePairs(down), plane);
    }
  }

  /** Changes the size by a function of single planes. */
  byPlane(size: Size, change: (plane: FloatImage, target: FloatImage) => void): void {
    const planes = this.#ready();
    const addresses = [0, 1, 2].map((c) => planes.at(c) / float);
    const { height, width } = planes;
    planes.move(size);
    for (const [c, first] of addresses.entries()) {
      const data = planes.memory.floats.subarray(first, first + height * width);
      change({ width, height, channels: 1, data }, planes.view(c));
    }
  }

  #ready(): Planes {
    this.#planes.ready();
    return this.#planes;
  }

  #alongWidth(box: Box, across: Resampling, out: number, outPlaneBytes: number): void {
    const { memory, kernels, isSource, source, width } = this.#planes;
    const wide = memory.reserve(this.#wide, box.width * wideBytes);
    const filterAt = this.#write(across);
    const pixelBytes = isSource ? 3 : float;
    const first = (isSource ? source : this.#planes.at(0)) + (box.top * width + box.left) * pixelBytes;
    const alongWidth = isSource ? kernels.alongWidthOfBytes(across.taps) : kernels.alongWidthOfPlanes(across.taps);
    alongWidth(
      ...[first, planeBytes(this), width * pixelBytes, box.height, box.width],
      ...filterAt,
      ...[across.taps, wide, out, outPlaneBytes],
    );
  }

  /** Writes a filter to where kernels read it. @returns begin and end of the starts, and begin of the weights */
  #write({ starts, weights }: Resampling): [number, number, number] {
    const { memory } = this.#planes;
    const startsAt = memory.reserve(this.#places, starts.length * float);
    const weightsAt = memory.reserve(this.#weights, weights.length * double);
    memory.ints.set(starts, startsAt / float);
    memory.doubles.set(weights, weightsAt / double);
    return [startsAt, startsAt + starts.length * float, weightsAt];
  }

  /** Writes weights twice each. @returns begin and end of them */
  #writePairs(weights: Float32Array): [number, number] {
    const { memory } = this.#planes;
    const at = memory.reserve(this.#weights, 2 * weights.length * double);
    for (const [i, weight] of weights.entries())
      memory.doubles.fill(weight, at / double + 2 * i, at / double + 2 * i + 2);
    return [at, at + 2 * weights.length * double];
  }

  /** Writes `base` + `step` i for each pixel of a line with its mirrored ends. @returns begin and end of them */
  #writeMirrored(length: number, radius: number, base: number, step: number): [number, number] {
    const { memory } = this.#planes;
    const count = length + 2 * radius;
    const at = memory.reserve(this.#places, count * float);
    for (let i = 0; i < count; i++) memory.ints[at / float + i] = base + step * reflected(i - radius, length);
    return [at, at + count * float];
  }

  #affine(factor: number, offset: number): void {
    const planes = this.#ready();
    planes.kernels.affine(planes.at(0), planes.at(3), factor, offset);
  }

  #changePixels(name: 'saturation' | 'hue' | 'grayscale', amount: number): void {
    const planes = this.#ready();
    planes.kernels[name](planes.at(0), planes.at(1), planes.at(2), planes.at(0) + planes.valueBytes, amount);
  }

  /** The mean grey value: see `contrast`. */
  #meanLuma(): number {
    const planes = this.#ready();
    const sums = planes.memory.reserve(this.#weights, 3 * double);
    planes.kernels.channelSums(planes.at(0), planes.at(1), planes.at(2), planes.at(0) + planes.valueBytes, sums);
    const [r, g, b] = planes.memory.doubles.subarray(sums / double, sums / double + 3);
    return luma(r as number, g as number, b as number) / (planes.height * planes.width);
  }
}

/** Outer weights so small that they are zero in float32 are left out: they add nothing. */
function withoutZeros(weights: Float32Array): Float32Array {
  const first = weights.findIndex((weight) => weight > 0);
  return weights.subarray(first, weights.length - first);
}
