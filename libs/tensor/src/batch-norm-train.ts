import { fill, getBackend, getKernel, mul, reshape, type Tensor } from '@tensorflow/tfjs-core';

import { type BatchNormTrain, composedBatchNormTrain } from './batch-norm-composed.ts';
import { batchNormKernel, runBatchNormKernel } from './batch-norm-kernel.ts';
import { ShapeError } from './shape-error.ts';

/**
 * Batch norm in training, over all axes but the last, by the batch's mean and biased variance:
 *
 *     x̂ = (x − μ) / √(σ² + ε),   y = γ x̂ + β
 *     dx = γ (dy − mean dy − x̂ mean(dy x̂)) / √(σ² + ε)
 *
 * Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167.
 *
 * @param x [..., C]
 * @param gamma [C], or undefined for no scale
 * @param beta [C], or undefined for no shift
 * @throws ShapeError if gamma or beta is not [C], or a channel has a single value
 */
export function batchNormTrain(
  x: Tensor,
  gamma: Tensor | undefined,
  beta: Tensor | undefined,
  epsilon: number,
): BatchNormTrain {
  checkShapes(x, { gamma, beta });
  if (!getKernel(batchNormKernel, getBackend())) return composedBatchNormTrain(x, gamma, beta, epsilon);
  const channels = x.shape.at(-1) as number;
  const count = x.size / channels;
  const image = x.rank === 4 ? x : reshape(x, [count, 1, 1, channels]);
  const affine = { gamma: gamma ?? fill([channels], 1), beta: beta ?? fill([channels], 0) };
  const [y, mean, unbiased] = runBatchNormKernel({ x: image, ...affine }, epsilon) as [Tensor, Tensor, Tensor];
  return {
    y: x.rank === 4 ? y : reshape(y, x.shape),
    mean,
    variance: mul(unbiased, (count - 1) / count),
  };
}

function checkShapes(x: Tensor, affine: Record<string, Tensor | undefined>): void {
  const channels = x.shape.at(-1) as number;
  for (const [name, tensor] of Object.entries(affine))
    if (tensor && (tensor.rank !== 1 || tensor.shape[0] !== channels))
      throw new ShapeError(
        `batchNormTrain: ${name} must be [${channels}], the channels of x [${x.shape}]; it is [${tensor.shape}]`,
      );
  if (x.size / channels < 2)
    throw new ShapeError(`batchNormTrain: batch statistics need two values a channel, x is [${x.shape}]`, {
      remedy: 'use a larger batch',
    });
}
