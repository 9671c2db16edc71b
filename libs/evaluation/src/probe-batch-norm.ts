import { add, mul, rsqrt, sub, type Tensor, type Tensor1D, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

import { batchNormTrain } from '#lib/tensor';

export interface BatchNormOptions {
  /** Added to the variance; the masked autoencoder's probe uses 1e-6, torch's default is 1e-5. */
  epsilon: number;
  /** Weight of the new batch in the running statistics, as torch's momentum. */
  momentum: number;
}

/** Running statistics, each [D]; they start at 0 and 1. */
export interface RunningStatistics {
  mean: Tensor1D;
  variance: Tensor1D;
}

/**
 * Batch norm without scale and shift in front of a linear probe, in training: features by the batch's mean and biased variance. The
 * running variance is fed by the unbiased one.
 *
 *     x̂ = (x − μ) / √(σ² + ε),   running ← (1 − m) running + m batch
 *
 * He et al. 2022, https://arxiv.org/abs/2111.06377, appendix A.1 (linear probing).
 *
 * @param x [N, D], N >= 2
 * @returns the normalised batch [N, D] and the new statistics; the old ones stay the caller's
 * @throws ShapeError if N < 2
 */
export function probeBatchNormTrain(
  x: Tensor2D,
  running: RunningStatistics,
  { epsilon, momentum }: BatchNormOptions,
): { y: Tensor2D; running: RunningStatistics } {
  const [y, mean, variance] = tidy(() => {
    const batch = batchNormTrain(x, undefined, undefined, epsilon);
    const unbiased = mul(batch.variance, x.shape[0] / (x.shape[0] - 1));
    const move = (old: Tensor, fresh: Tensor) => add(mul(old, 1 - momentum), mul(fresh, momentum));
    return [batch.y, move(running.mean, batch.mean), move(running.variance, unbiased)];
  }) as [Tensor2D, Tensor1D, Tensor1D];
  return { y, running: { mean, variance } };
}

/** The same in evaluation: by the running statistics, [N, D]. */
export function probeBatchNormEval(x: Tensor2D, running: RunningStatistics, epsilon: number): Tensor2D {
  return tidy(() => mul(sub(x, running.mean), rsqrt(add(running.variance, epsilon))));
}
