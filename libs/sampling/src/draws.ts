import { sha256Text, UsageError } from '#lib/contracts';

import { philox4x32, philoxInto, type PhiloxKey } from './philox.ts';

export interface DrawsOptions {
  /** 0 .. 2^53 - 1 */
  seed: number;
  /** What the draws are for; draws of different purposes are independent. */
  purpose: string;
  /** Place of the stream, each 0 .. 2^32 - 1; 0 where it has no meaning. */
  epoch?: number;
  sample?: number;
  view?: number;
}

const wordsBuffered = 16;
const keyCacheSize = 1024;
const keys = new Map<string, PhiloxKey>();

/**
 * The key of a seed and a purpose: Philox of both, keyed by zero.
 * @throws UsageError for a seed that isn't a whole number in 0 .. 2^53 - 1
 */
export function drawsKey(seed: number, purpose: string): PhiloxKey {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`seed: ${seed} is not a whole number from 0 to 2^53 - 1`);
  const name = `${seed} ${purpose}`;
  const known = keys.get(name);
  if (known) return known;
  const hash = sha256Text(purpose);
  const word = (at: number) => parseInt(hash.slice(at, at + 8), 16);
  const [k0, k1] = philox4x32([seed >>> 0, Math.floor(seed / 2 ** 32), word(0), word(8)], [0, 0]);
  const key = [k0, k1] as const;
  if (keys.size >= keyCacheSize) keys.clear();
  keys.set(name, key);
  return key;
}

function counterWord(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32)
    throw new UsageError(`draws: ${name} ${value} is not a whole number from 0 to 2^32 - 1`);
  return value;
}

/**
 * The stream of draws for one (seed, purpose, epoch, sample, view): a pure function of these, so views can be made in any
 * order and on any machine. Philox4x32-10 with counter words epoch, sample, view and number of the block in the stream.
 */
export class Draws {
  readonly #key: PhiloxKey;
  readonly #counter: Uint32Array;
  readonly #words = new Uint32Array(wordsBuffered);
  #next = wordsBuffered;
  /** Box and Muller's transform gives normals in pairs; the second waits here. NaN: none waits. */
  #spareNormal = NaN;

  constructor({ seed, purpose, epoch = 0, sample = 0, view = 0 }: DrawsOptions) {
    this.#key = drawsKey(seed, purpose);
    this.#counter = new Uint32Array([
      counterWord('epoch', epoch),
      counterWord('sample', sample),
      counterWord('view', view),
      0,
    ]);
  }

  #refill(): void {
    for (let offset = 0; offset < wordsBuffered; offset += 4) {
      philoxInto(this.#words, offset, this.#counter, this.#key);
      const block = (this.#counter[3] as number) + 1;
      if (block === 2 ** 32) throw new UsageError('draws: more than 2^34 draws of one stream');
      this.#counter[3] = block;
    }
    this.#next = 0;
  }

  /** Uniform on 0 .. 2^32 - 1. */
  uint32(): number {
    if (this.#next === wordsBuffered) this.#refill();
    return this.#words[this.#next++] as number;
  }

  /** Uniform on [0, 1), in steps of 2^-24: every value is a float32. */
  float(): number {
    return (this.uint32() >>> 8) * 2 ** -24;
  }

  /** Uniform on [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** Uniform on 0 .. count - 1, without bias (draws that would favour small values are thrown away). */
  int(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > 2 ** 32)
      throw new UsageError(`draws: int(${count}), expected a whole number from 1 to 2^32`);
    const limit = 2 ** 32 - (2 ** 32 % count);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % count;
    }
  }

  /** Standard normal (Box and Muller 1958), at most 6.7 from 0. */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 1) * 2 ** -32));
    const angle = 2 * Math.PI * this.uint32() * 2 ** -32;
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Standard normal given that it lies in [-limit, limit]. */
  truncatedNormal(limit = 2): number {
    if (!(limit > 0)) throw new UsageError(`draws: truncatedNormal(${limit}), expected a positive limit`);
    for (;;) {
      const value = this.normal();
      if (Math.abs(value) <= limit) return value;
    }
  }

  /** Puts `values` into a uniformly drawn order, in place (Fisher and Yates). */
  shuffle<T extends Uint32Array | unknown[]>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
    return values;
  }

  /** 0 .. count - 1 in a uniformly drawn order. */
  permutation(count: number): Uint32Array {
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    return this.shuffle(order);
  }
}
