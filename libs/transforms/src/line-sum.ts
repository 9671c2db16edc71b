/**
 * A weighted sum of lines of pixels in float64, rounded to float32 once. Adding line by line keeps the inner loop long and
 * free of dependent additions, which is what makes filters fast.
 */
let sum = new Float64Array(0);

/** Starts a sum of lines of `length` values with `weight` times the line at `from`. */
export function startSum(source: Float32Array, from: number, weight: number, length: number): void {
  if (sum.length < length) sum = new Float64Array(length);
  for (let i = 0; i < length; i++) sum[i] = weight * (source[from + i] as number);
}

/** Adds `weight` times the line at `from`. */
export function addLine(source: Float32Array, from: number, weight: number, length: number): void {
  for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + weight * (source[from + i] as number);
}

/** Writes the sum to `target`. */
export function writeSum(target: Float32Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) target[at + i] = sum[i] as number;
}
