import { type ByteImage, checkSize, type FloatImage } from './image.ts';
import { float, KernelMemory, type Region, region } from './kernel-memory.ts';
import { type Kernels, type Level } from './native.ts';
import { type Size } from './resize.ts';

/**
 * An image in the memory of the kernels: the bytes that were loaded, until it is asked for planes; then three planes of float32,
 * red, green and blue, in one of two places, between which operations that change the size pass it on.
 */
export class Planes {
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
  readonly #source = region();
  readonly #places: readonly [Region, Region] = [region(), region()];
  readonly #bytes = region();
  #place: 0 | 1 = 0;
  #sourceSize: Size = { height: 0, width: 0 };
  /** Whether the image is the bytes that were loaded. */
  isSource = true;
  height = 0;
  width = 0;

  /** @param cap the highest level of kernels wanted */
  constructor(cap?: Level) {
    this.memory = new KernelMemory(cap);
    this.kernels = this.memory.kernels;
  }

  /** @throws FormatError if the array is not as long as the size says */
  load(image: ByteImage): void {
    checkSize(image);
    const { height, width, data } = image;
    const at = this.memory.reserve(this.#source, data.length);
    this.memory.bytes.set(data, at);
    this.#sourceSize = { height, width };
    this.restart();
  }

  /** Back to what was loaded. */
  restart(): void {
    this.isSource = true;
    ({ height: this.height, width: this.width } = this.#sourceSize);
  }

  /** Address of the bytes that were loaded. */
  get source(): number {
    return this.#source.at;
  }

  /** Address of plane 0, 1 or 2, one right after another; they must be there. */
  at(plane: number): number {
    return this.#places[this.#place].at + plane * this.pixels * float;
  }

  /** The addresses of all three. */
  get all(): [number, number, number] {
    return [this.at(0), this.at(1), this.at(2)];
  }

  get pixels(): number {
    return this.height * this.width;
  }

  /** Turns the bytes that were loaded into planes, if that is not done. */
  ready(): void {
    if (!this.isSource) return;
    this.move(this);
    this.kernels.bytesToPlanes(this.source, ...this.all, this.pixels);
  }

  /** Makes planes of a size, with any values, in the other place; those that were there stay until the next move. */
  move({ height, width }: Size): void {
    this.#place = this.#place === 0 ? 1 : 0;
    this.memory.reserve(this.#places[this.#place], 3 * height * width * float);
    this.isSource = false;
    this.height = height;
    this.width = width;
  }

  /** A plane as an image of one channel, valid until the memory grows. */
  view(plane: number): FloatImage {
    const { height, width } = this;
    const first = this.at(plane) / float;
    return { width, height, channels: 1, data: this.memory.floats.subarray(first, first + height * width) };
  }

  /**
   * As the function `toBytes`.
   * @throws FormatError if the target is not as long as the image
   */
  toBytes(target: Uint8Array): ByteImage {
    this.ready();
    const { width, height } = this;
    const image = { width, height, channels: 3, data: target };
    checkSize(image);
    const out = this.memory.reserve(this.#bytes, target.length);
    this.kernels.planesToBytes(...this.all, this.pixels, out);
    target.set(this.memory.bytes.subarray(out, out + target.length));
    return image;
  }
}
