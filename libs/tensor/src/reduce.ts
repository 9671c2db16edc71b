import { broadcastTo, customGrad, div, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Sum over `axes` (all when left out). tfjs's own gradient multiplies by an array of ones of x's size, which a
 * recorded graph would carry as a constant; this one broadcasts.
 *
 * @param x any shape
 * @param axes counted from 0, or from the end when negative
 */
export function sumOver(x: Tensor, axes: readonly number[] = x.shape.map((_, i) => i), keepDims = false): Tensor {
  const reduced = axes.map((axis) => (axis < 0 ? axis + x.rank : axis));
  const expanded = x.shape.map((size, i) => (reduced.includes(i) ? 1 : size));
  const op = customGrad((input) => ({
    value: sum(input as Tensor, reduced, keepDims),
    gradFunc: (dy: Tensor) => broadcastTo(reshape(dy, expanded), x.shape),
  }));
  return op(x);
}

/** Mean over `axes` (all when left out); gradient as in `sumOver`. */
export function meanOver(x: Tensor, axes: readonly number[] = x.shape.map((_, i) => i), keepDims = false): Tensor {
  const count = axes.reduce((product, axis) => product * (x.shape.at(axis) as number), 1);
  return div(sumOver(x, axes, keepDims), count);
}

/** Mean of each row, i.e. over the last axis, which stays with size 1: [..., D] → [..., 1]. */
export function rowMeans(x: Tensor): Tensor {
  return meanOver(x, [-1], true);
}
