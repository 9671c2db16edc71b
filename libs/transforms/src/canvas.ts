import { type Adjustment, type JitterFactors } from './color-jitter.ts';
import { type Blur, checkReach, gaussianKernel } from './gaussian-blur.ts';
import { exactLuma } from './grayscale.ts';
import { turnInSixths } from './hue.ts';
import { type ByteImage, type FloatImage } from './image.ts';
import { double, float, region } from './kernel-memory.ts';
import { type Level } from './native.ts';
import { Planes } from './planes.ts';
import { type Filter, type Resampling, resampling } from './resampling.ts';
import { type Box, checkBox, type Size } from './resize.ts';

/** Blurring reads and writes up to so many values behind the last. */
const blurredAtOnce = 16;

/**
 * An image that operations change one after another: each gives, bit for bit, what the function of its name gives. Everything that
 * is needed on the way is kept for the next image.
 */
export class Canvas {
  readonly #planes: Planes;
  /** The image between two passes, a row of it, and what kernels read beside pixels. */
  readonly #between = region();
  readonly #line = region();
  readonly #places = region();
  readonly #weights = region();

  /** @param cap the highest level of kernels wanted; their results are the same bits */
  constructor(cap?: Level) {
    this.#planes = new Planes(cap);
  }

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
    const between = memory.reserve(this.#between, box.height * (3 * size.width + 1) * float);
    this.#alongWidth(box, resampling(box.width, size.width, filter), between, size.width);
    this.#planes.move(size);
    const line = memory.reserve(this.#line, 3 * size.width * float);
    const filterAt = this.#write(down);
    kernels.alongHeight(between, size.width, ...filterAt, line, ...this.#planes.all, size.height);
  }

  /** Holds all values to 0..1. */
  clamp(): void {
    this.#affine(1, 0);
  }

  horizontalFlip(): void {
    const { kernels, memory, height, width } = this.#ready();
    const line = memory.reserve(this.#line, width * float);
    kernels.mirrorRows(this.#planes.at(0), 3 * height, width, line);
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
    const planes = this.#ready();
    planes.kernels.grayscale(...planes.all, planes.pixels);
  }

  solarize(threshold: number): void {
    const planes = this.#ready();
    planes.kernels.solarize(planes.at(0), 3 * planes.pixels, threshold);
  }

  /** @throws UsageError as the function */
  gaussianBlur({ kernel, sigma }: Blur): void {
    const across = withoutZeros(gaussianKernel(kernel[0], sigma[0]));
    const down = withoutZeros(gaussianKernel(kernel[1], sigma[1]));
    checkReach(this, kernel);
    const { height, width, memory, kernels } = this.#ready();
    const between = memory.reserve(this.#between, (height * width + blurredAtOnce) * float);
    const line = memory.reserve(this.#line, (width + across.length + blurredAtOnce) * float);
    const rows = memory.reserve(this.#places, (height + down.length) * double);
    for (let c = 0; c < 3; c++) {
      const plane = this.#planes.at(c);
      kernels.blurRows(plane, height, width, this.#writeWeights(across), across.length, line, between);
      kernels.blurColumns(between, height, width, this.#writeWeights(down), down.length, rows, plane);
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

  #alongWidth(box: Box, across: Resampling, out: number, outWidth: number): void {
    const { memory, kernels, isSource, source, width } = this.#planes;
    const line = memory.reserve(this.#line, (19 * box.width + 1) * float);
    const first = box.top * width + box.left;
    const rest = [box.height, box.width, ...this.#write(across), line, out, outWidth];
    if (isSource) kernels.alongWidthOfBytes(source + 3 * first, 3 * width, ...rest);
    else kernels.alongWidthOfPlanes(...this.#planes.all.map((plane) => plane + first * float), width, ...rest);
  }

  /** Writes a filter to where kernels read it. @returns the addresses of its starts and weights, and its taps */
  #write({ starts, weights, taps }: Resampling): [number, number, number] {
    const { memory } = this.#planes;
    const startsAt = memory.reserve(this.#places, starts.length * float);
    memory.ints.set(starts, startsAt / float);
    return [startsAt, this.#writeWeights(weights), taps];
  }

  /** @returns their address */
  #writeWeights(weights: Float32Array): number {
    const { memory } = this.#planes;
    const at = memory.reserve(this.#weights, weights.length * float);
    memory.floats.set(weights, at / float);
    return at;
  }

  #affine(factor: number, offset: number): void {
    const planes = this.#ready();
    planes.kernels.affine(planes.at(0), 3 * planes.pixels, factor, offset);
  }

  #changePixels(name: 'saturation' | 'hue', amount: number): void {
    const planes = this.#ready();
    planes.kernels[name](...planes.all, planes.pixels, amount);
  }

  /** The mean grey value: see `contrast`. */
  #meanLuma(): number {
    const planes = this.#ready();
    const sums = planes.memory.reserve(this.#weights, 3 * double);
    planes.kernels.channelSums(...planes.all, planes.pixels, sums);
    const [r, g, b] = planes.memory.doubles.subarray(sums / double, sums / double + 3);
    return exactLuma(r as number, g as number, b as number) / planes.pixels;
  }
}

/** Outer weights so small that they are zero in float32 are left out: they add nothing. */
function withoutZeros(weights: Float32Array): Float32Array {
  const first = weights.findIndex((weight) => weight > 0);
  return weights.subarray(first, weights.length - first);
}
