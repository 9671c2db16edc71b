import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';

/**
 * Gradient of a scalar function by central differences, for tests: (f(x + h) − f(x − h)) / 2h for each number of x. Reads values
 * back, so it is slow; in float32 with h = 1e-2 it is good to about 1e-3 of a smooth function of size 1.
 */
export function numericGradient(f: (x: Tensor) => Tensor, x: Tensor, h = 1e-2): Float32Array {
  const values = x.dataSync() as Float32Array;
  const at = (index: number, shift: number): number =>
    tidy(() => {
      const moved = values.slice();
      moved[index] = (moved[index] as number) + shift;
      return f(tensor(moved, x.shape)).dataSync()[0] as number;
    });
  return values.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h));
}
