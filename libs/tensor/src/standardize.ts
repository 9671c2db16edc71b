import { type Tensor } from '@tensorflow/tfjs-core';

import { batchNormTrain } from './batch-norm-train.ts';

/**
 * Each column to mean 0 and (biased) variance 1 over the batch: batch norm without scale and shift.
 *
 * @param x [N, D], N >= 2
 * @param epsilon added to the variance
 * @throws ShapeError if N < 2
 */
export function standardize<T extends Tensor>(x: T, epsilon = 1e-5): T {
  return batchNormTrain(x, undefined, undefined, epsilon).y as T;
}
