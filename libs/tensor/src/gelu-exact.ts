import { add, customGrad, erf, exp, type GradSaveFunc, mul, square, type Tensor } from '@tensorflow/tfjs-core';

/**
 * GELU in its exact form, x Φ(x) with Φ(x) = ½ (1 + erf(x / √2)): what torch, timm and MAE use by default.
 *
 *     d/dx = Φ(x) + x φ(x),  φ(x) = exp(−x²/2) / √(2π)
 *
 * Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.
 */
export function geluExact(x: Tensor): Tensor {
  const op = customGrad((input, save) => {
    const value = input as Tensor;
    const cdf = mul(add(erf(mul(value, Math.SQRT1_2)), 1), 0.5);
    (save as GradSaveFunc)([value, cdf]);
    return {
      value: mul(value, cdf),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [z, phi] = saved as [Tensor, Tensor];
        const density = mul(exp(mul(square(z), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return mul(dy, add(phi, mul(z, density)));
      },
    };
  });
  return op(x);
}
