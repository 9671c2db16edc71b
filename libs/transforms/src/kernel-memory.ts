import { WebAssembly } from './wasm/web-assembly.ts';

/** A part of the memory: grows when more is asked of it, and is then elsewhere. */
export interface Region {
  at: number;
  sizeBytes: number;
}

export const region = (): Region => ({ at: 0, sizeBytes: 0 });

const pageBytes = 65_536;
const alignment = 64;

/** The memory that kernels work in: regions one after another, and the memory as arrays. */
export class KernelMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  #top = alignment;
  bytes = new Uint8Array(0);
  ints = new Int32Array(0);
  floats = new Float32Array(0);
  doubles = new Float64Array(0);

  constructor() {
    this.#view();
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
      const missing = this.#top - this.bytes.length;
      if (missing > 0) {
        this.memory.grow(Math.ceil(missing / pageBytes));
        this.#view();
      }
    }
    return region.at;
  }

  #view(): void {
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.ints = new Int32Array(buffer);
    this.floats = new Float32Array(buffer);
    this.doubles = new Float64Array(buffer);
  }
}
