import {
  add,
  div,
  maximum,
  mean,
  mul,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';

import { l2Normalize, ShapeError } from '#lib/tensor';

import { stopGradient } from './stop-gradient.ts';

/**
 * How far projections are from collapse: the standard deviation over the batch of each coordinate of z / ‖z‖, averaged over
 * the coordinates. 0 when all are equal, about 1/√D when they spread evenly. Chen & He 2020, section 4.1 and figure 2.
 *
 * @param z [N, D], N >= 2
 * @throws ShapeError if N < 2
 */
export function embeddingStd(z: Tensor2D): Scalar {
  const [N] = z.shape;
  if (N < 2) throw new ShapeError(`embeddingStd: needs N >= 2, got [${z.shape}]`);
  return tidy(() => {
    const unit = l2Normalize(z);
    const variance = div(sum(square(sub(unit, mean(unit, 0))), 0), N - 1); // [D]
    return mean(sqrt(maximum(variance, 0)));
  });
}

/** `embeddingStd`, averaged over the two views of a batch; no gradient flows through it. z1, z2: [N, D] */
export const embeddingStdOfViews = (z1: Tensor2D, z2: Tensor2D): Scalar =>
  tidy(() => mul(add(embeddingStd(stopGradient(z1)), embeddingStd(stopGradient(z2))), 0.5));
