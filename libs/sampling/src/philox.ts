/**
 * Philox4x32-10: a counter-based generator, so draw n needs no draw before it.
 *
 * Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", https://doi.org/10.1145/2063384.2063405.
 * Checked against the known-answer vectors of the authors' Random123.
 */
const multiplier0Low = 0x1f53;
const multiplier0High = 0xd251;
const multiplier1Low = 0x8d57;
const multiplier1High = 0xcd9e;
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

export type PhiloxCounter = readonly [number, number, number, number];
export type PhiloxKey = readonly [number, number];

/** Upper 32 bits of a product of 32-bit words, the second one given as halves; every partial sum stays below 2^32. */
function multiplyHigh(word: number, low: number, high: number): number {
  const wordLow = word & 0xffff;
  const wordHigh = word >>> 16;
  const middle = wordHigh * low + ((wordLow * low) >>> 16);
  const carry = wordLow * high + (middle & 0xffff);
  return wordHigh * high + (middle >>> 16) + (carry >>> 16);
}

/** Writes the block of one counter to `target[offset .. offset + 3]`; all words are unsigned 32-bit. */
export function philoxInto(target: Uint32Array, offset: number, counter: ArrayLike<number>, key: PhiloxKey): void {
  let [c0, c1, c2, c3] = [counter[0] as number, counter[1] as number, counter[2] as number, counter[3] as number];
  let [k0, k1] = key;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(c0, multiplier0Low, multiplier0High);
    const low0 = Math.imul(c0, multiplier0);
    const high1 = multiplyHigh(c2, multiplier1Low, multiplier1High);
    const low1 = Math.imul(c2, multiplier1);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  target[offset] = c0;
  target[offset + 1] = c1;
  target[offset + 2] = c2;
  target[offset + 3] = c3;
}

/** Philox4x32-10 of a counter of four and a key of two unsigned 32-bit words. */
export function philox4x32(counter: PhiloxCounter, key: PhiloxKey): [number, number, number, number] {
  const block = new Uint32Array(4);
  philoxInto(block, 0, counter, key);
  return [...block] as [number, number, number, number];
}
