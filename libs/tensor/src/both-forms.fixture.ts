import { grads, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';

import { withoutOwnKernels } from './index.ts';

/** Values that look random, in −size … size. */
export function noise(shape: readonly number[], seed: number, size = 2): Tensor {
  const length = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from({ length }, (_, i) => {
    const mixed = Math.imul((i + 1) ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
    return size * (2 * ((Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 8) / 2 ** 24) - 1);
  });
  return tensor(values, [...shape]);
}

/** Shapes [..., C] of rank 2 to 4: few rows and many, so that work is one part or several; C is not always whole vectors. */
export const shapes = fc
  .tuple(
    fc.oneof(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 2, max: 1200 }).map((rows) => [rows]),
    ),
    fc.integer({ min: 1, max: 70 }),
  )
  .map(([rows, channels]) => [...rows, channels]);

/** Rounding of sums in another order, relative to the largest value or, where they cancel, to what was added up. */
const tolerance = 1e-5;

/**
 * Compares two results number by number; NaN must be where NaN is.
 * @param scale the size of what is added up
 */
export function expectClose(got: readonly Tensor[], want: readonly Tensor[], scale = 1): void {
  expect(got.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
  for (const [i, tensor] of want.entries()) {
    const [values, wanted] = [got[i]!.dataSync<'float32'>(), tensor.dataSync<'float32'>()];
    const largest = wanted.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), scale);
    const off = wanted.findIndex((value, k) =>
      Number.isNaN(value) ? !Number.isNaN(values[k]) : !(Math.abs(values[k]! - value) <= tolerance * largest),
    );
    expect({ result: i, at: off, got: values[off], want: wanted[off] }).toEqual({ result: i, at: -1 });
  }
}

/** A function's value and its gradients in every input, for one gradient of the value. */
export function valueAndGradients(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  dy: (y: Tensor) => Tensor = (y) => noise(y.shape, 99),
): Tensor[] {
  const y = f(...inputs);
  return [y, ...grads(f)(inputs, dy(y))];
}

/** Runs it by own kernels and composed, and compares: see `expectClose`. */
export function expectBothForms(run: () => Tensor[], scale?: number): void {
  tidy(() => expectClose(run(), withoutOwnKernels(run), scale));
}
