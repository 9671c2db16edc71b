import { add, mul, neg, type Scalar, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

import { l2Normalize, meanOver, ShapeError, sumOver } from '#lib/tensor';

import { stopGradient } from '../stop-gradient.ts';

const cosineEpsilon = 1e-8; // torch.nn.functional.cosine_similarity's

/**
 * Negative cosine similarity of the rows, −1/N Σ_n p_n·z_n / (‖p_n‖ ‖z_n‖); a zero row counts as 0. Gradients flow into both.
 *
 * @param p [N, D]
 * @param z [N, D]
 * @throws ShapeError if the shapes differ
 */
export function negativeCosine(p: Tensor2D, z: Tensor2D): Scalar {
  if (p.rank !== 2 || p.shape.join() !== z.shape.join())
    throw new ShapeError(`negativeCosine: p and z must share one shape [N, D], got [${p.shape}] and [${z.shape}]`);
  return tidy(() => {
    const product = mul(l2Normalize(p, -1, cosineEpsilon), l2Normalize(z, -1, cosineEpsilon));
    return neg(meanOver(sumOver(product, [1]))) as Scalar;
  });
}

/**
 * SimSiam's loss: each view's prediction against the other's projection, which counts as a constant.
 *
 *     L = ½ D(p₁, stopgrad(z₂)) + ½ D(p₂, stopgrad(z₁)),   D the negative cosine similarity     (eq. 2 to 4)
 *
 * Chen & He 2020, https://arxiv.org/abs/2011.10566.
 *
 * @param p1 predictions of view 1, [N, D]
 * @param p2 predictions of view 2; row n is the same image as row n of p1
 * @param z1 projections of view 1, [N, D]
 * @param z2 projections of view 2
 * @returns the loss, [], in −1 … 1; −1 when all predictions agree
 * @throws ShapeError if the shapes differ
 */
export function simSiamLoss(p1: Tensor2D, p2: Tensor2D, z1: Tensor2D, z2: Tensor2D): Scalar {
  return tidy(() => {
    const both = add(negativeCosine(p1, stopGradient(z2)), negativeCosine(p2, stopGradient(z1)));
    return mul(both, 0.5);
  });
}
