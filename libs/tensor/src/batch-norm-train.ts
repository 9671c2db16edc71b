import { add, customGrad, type GradSaveFunc, mean, mul, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';

import { ShapeError } from './shape-error.ts';

export interface BatchNormTrain {
  /** The normalised batch, of x's shape. */
  y: Tensor;
  /** Mean of the batch, [C]; no gradient flows through it. */
  mean: Tensor;
  /** Biased variance of the batch, [C]; no gradient flows through it. */
  variance: Tensor;
}

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
  const axes = x.shape.map((_, i) => i).slice(0, -1);
  const mu = mean(x, axes); // [C]
  const variance = mean(square(sub(x, mu)), axes); // [C]
  // mu and variance enter as constants: the written gradient accounts for their dependence on x.
  const normalise = customGrad((input, save) => {
    const inverse = rsqrt(add(variance, epsilon)); // [C]
    const hat = mul(sub(input as Tensor, mu), inverse);
    (save as GradSaveFunc)([hat, inverse]);
    return {
      value: hat,
      gradFunc: (dHat: Tensor, saved: Tensor[]) => {
        const [h, inv] = saved as [Tensor, Tensor];
        return mul(inv, sub(sub(dHat, mean(dHat, axes)), mul(h, mean(mul(dHat, h), axes))));
      },
    };
  });
  const hat = normalise(x);
  const scaled = gamma ? mul(hat, gamma) : hat;
  return { y: beta ? add(scaled, beta) : scaled, mean: mu, variance };
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
