/**
 * A weighted sum of lines of pixels in float32, each product and each sum rounded. Adding line by line keeps the inner loop long
 * and free of dependent additions, which is what makes filters fast.
 */
let sum = new Float32Array(0);
const { fround } = Math;

/** Starts a sum of lines of `length` values with `weight` times the line at `from`. */
export function startSum(source: Float32Array, from: number, weight: number, length: number): void {
  if (sum.length < length) sum = new Float32Array(length);
  for (let i = 0; i < length; i++) sum[i] = weight * (source[from + i] as number);
}

/** Adds `weight` times the line at `from`. */
export function addLine(source: Float32Array, from: number, weight: number, length: number): void {
  for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + fround(weight * (source[from + i] as number));
}

/** Writes the sum to `target`. */
export function writeSum(target: Float32Array, at: number, length: number): void {
  target.set(sum.subarray(0, length), at);
}
