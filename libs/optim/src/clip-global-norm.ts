import { add, addN, div, minimum, mul, type Scalar, sqrt, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { defineOwnKernel, hasOwnKernels, runOwnKernel } from '#lib/tensor';

defineOwnKernel('UnlabelSumOfSquares', 1, { typed: false });

const epsilon = 1e-6; // torch's

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`, as torch.nn.utils.clip_grad_norm_:
 *
 *     g ← g · min(1, maxNorm / (‖g‖ + 1e-6)),   ‖g‖ = √ Σ_i ‖g_i‖²
 *
 * Pascanu et al. 2012, https://arxiv.org/abs/1211.5063. @returns the clipped gradients and the norm before, []
 */
export function clipGlobalNorm(gradients: readonly Tensor[], maxNorm: number): { gradients: Tensor[]; norm: Scalar } {
  return tidy(() => {
    const norm = globalNorm(gradients);
    const factor = clipFactor(norm, maxNorm);
    return { gradients: gradients.map((gradient) => mul(gradient, factor)), norm };
  });
}

/** ‖g‖ = √ Σ_i ‖g_i‖² over all gradients, []. */
export function globalNorm(gradients: readonly Tensor[]): Scalar {
  return tidy(() => sqrt(addN(gradients.map(sumOfSquares))));
}

/** Each gradient clipped by its own norm, as DINO's code does (Caron et al. 2021). */
export function clipEachNorm(gradients: readonly Tensor[], maxNorm: number): Tensor[] {
  return tidy(() => gradients.map((gradient) => mul(gradient, clipFactor(sqrt(sumOfSquares(gradient)), maxNorm))));
}

function sumOfSquares(x: Tensor): Scalar {
  if (hasOwnKernels()) return runOwnKernel('UnlabelSumOfSquares', { x })[0] as Scalar;
  return sum(square(x));
}

function clipFactor(norm: Scalar, maxNorm: number): Scalar {
  return minimum(div(maxNorm, add(norm, epsilon)), 1);
}
