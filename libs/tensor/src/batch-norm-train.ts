import { add, fill, getBackend, getKernel, mul, reshape, type Tensor } from '@tensorflow/tfjs-core';

import { type BatchNormTrain, composedBatchNormTrain } from './batch-norm-composed.ts';
import { batchNormKernel, runBatchNormKernel } from './batch-norm-kernel.ts';
import { runOwnBatchNorm } from './batch-norm-own.ts';
import { hasOwnKernels } from './own-kernels.ts';
import { relu } from './relu.ts';
import { ShapeError } from './shape-error.ts';

export interface BatchNormFollowedBy {
  /** added to the normalised batch, of its shape */
  residual?: Tensor | undefined;
  /** whether max(0, ·) comes last; default: false */
  relu?: boolean;
}

/**
 * Batch norm in training, over all axes but the last, by the batch's mean and biased variance, and what follows it in a residual
 * network, with which it takes fewer passes over memory:
 *
 *     x̂ = (x − μ) / √(σ² + ε),   y = relu(γ x̂ + β + residual)
 *     dx = γ (g − mean g − x̂ mean(g x̂)) / √(σ² + ε),   g = dy where y > 0, the residual's gradient
 *
 * Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167.
 *
 * @param x [..., C]
 * @param gamma [C], or undefined for no scale
 * @param beta [C], or undefined for no shift
 * @throws ShapeError if gamma or beta is not [C], a residual not of x's shape, or a channel has a single value
 */
export function batchNormTrain(
  x: Tensor,
  gamma: Tensor | undefined,
  beta: Tensor | undefined,
  epsilon: number,
  then: BatchNormFollowedBy = {},
): BatchNormTrain {
  checkShapes(x, { gamma, beta }, then.residual);
  const channels = x.shape.at(-1) as number;
  const affine = () => ({ gamma: gamma ?? fill([channels], 1), beta: beta ?? fill([channels], 0) });
  if (hasOwnKernels()) return runOwnBatchNorm({ x, ...affine() }, epsilon, then);
  if (!getKernel(batchNormKernel, getBackend())) return follow(composedBatchNormTrain(x, gamma, beta, epsilon), then);
  const count = x.size / channels;
  const image = x.rank === 4 ? x : reshape(x, [count, 1, 1, channels]);
  const [y, mean, unbiased] = runBatchNormKernel({ x: image, ...affine() }, epsilon) as [Tensor, Tensor, Tensor];
  return follow(
    {
      y: x.rank === 4 ? y : reshape(y, x.shape),
      mean,
      variance: mul(unbiased, (count - 1) / count),
    },
    then,
  );
}

function follow({ y, ...statistics }: BatchNormTrain, then: BatchNormFollowedBy): BatchNormTrain {
  const sum = then.residual ? add(y, then.residual) : y;
  return { y: then.relu ? relu(sum) : sum, ...statistics };
}

function checkShapes(x: Tensor, affine: Record<string, Tensor | undefined>, residual: Tensor | undefined): void {
  const channels = x.shape.at(-1) as number;
  for (const [name, tensor] of Object.entries(affine))
    if (tensor && (tensor.rank !== 1 || tensor.shape[0] !== channels))
      throw new ShapeError(
        `batchNormTrain: ${name} must be [${channels}], the channels of x [${x.shape}]; it is [${tensor.shape}]`,
      );
  if (residual && residual.shape.join() !== x.shape.join())
    throw new ShapeError(`batchNormTrain: the residual must have x's shape [${x.shape}]; it is [${residual.shape}]`);
  if (x.size / channels < 2)
    throw new ShapeError(`batchNormTrain: batch statistics need two values a channel, x is [${x.shape}]`, {
      remedy: 'use a larger batch',
    });
}
