import { add, customGrad, type GradSaveFunc, mean, mul, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';

export interface BatchNormTrain {
  /** The normalised batch, of x's shape. */
  y: Tensor;
  /** Mean of the batch, [C]; no gradient flows through it. */
  mean: Tensor;
  /** Biased variance of the batch, [C]; no gradient flows through it. */
  variance: Tensor;
}

/** Batch norm in training by elementary operations, for backends without a kernel for it. Shapes as in `batchNormTrain`. */
export function composedBatchNormTrain(
  x: Tensor,
  gamma: Tensor | undefined,
  beta: Tensor | undefined,
  epsilon: number,
): BatchNormTrain {
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
