import { type Kernels, type Level, openKernels } from './native.ts';

/** Bytes of a float32 and of a float64. */
export const [float, double] = [4, 8];

/** A part of the memory: grows when more is asked of it, and is then elsewhere. */
export interface Region {
  at: number;
  sizeBytes: number;
}

export const region = (): Region => ({ at: 0, sizeBytes: 0 });

const alignment = 64;

/** The memory that kernels work in: regions one after another, and the memory as arrays. */
export class KernelMemory {
  readonly kernels: Kernels;
  #top = 0;
  bytes = new Uint8Array(0);
  ints = new Int32Array(0);
  floats = new Float32Array(0);
  doubles = new Float64Array(0);

  /** @param cap the highest level of kernels wanted */
  constructor(cap?: Level) {
    this.kernels = openKernels(cap);
  }

  /**
   * Address of a region of at least so many bytes, with what it held unless it had to move. Sizes are powers of two, so that
   * regions left behind are never more than those in use.
   * @throws RangeError if there is no more memory
   */
  reserve(region: Region, sizeBytes: number): number {
    if (region.sizeBytes < sizeBytes) {
      region.sizeBytes = Math.max(alignment, 2 ** Math.ceil(Math.log2(sizeBytes)));
      region.at = this.#top;
      this.#top += region.sizeBytes;
      if (this.#top > this.bytes.length) this.#grow();
    }
    return region.at;
  }

  #grow(): void {
    const old = this.bytes;
    const buffer = new ArrayBuffer(this.#top + alignment);
    const first = this.kernels.useMemory(buffer);
    this.bytes = new Uint8Array(buffer, first, this.#top);
    this.bytes.set(old);
    this.ints = new Int32Array(buffer, first, this.#top / Int32Array.BYTES_PER_ELEMENT);
    this.floats = new Float32Array(buffer, first, this.#top / float);
    this.doubles = new Float64Array(buffer, first, this.#top / double);
  }
}
