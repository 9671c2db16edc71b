import {
  add,
  customGrad,
  type GradSaveFunc,
  mean,
  mul,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { defineOwnKernel, hasOwnKernels, runOwnKernel } from './own-kernels.ts';
import { ShapeError } from './shape-error.ts';

defineOwnKernel('UnlabelLayerNorm', 3, { attributes: { epsilon: 'float' } });
defineOwnKernel('UnlabelLayerNormGradient', 3);

/**
 * Layer norm over the last axis, with the biased variance as torch computes it:
 *
 *     x̂ = (x − mean x) / √(var x + ε),   y = γ x̂ + β
 *     dx = (g − mean g − x̂ mean(g x̂)) / √(var x + ε),   g = γ dy
 *
 * Ba et al. 2016, https://arxiv.org/abs/1607.06450. By one operation each way where there are own kernels; else with a written
 * gradient: composed of tfjs's own gradients it takes three times the operations.
 *
 * @param x [..., D]
 * @param gamma [D]
 * @param beta [D]
 * @throws ShapeError if gamma or beta is not [D]
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  const size = x.shape.at(-1);
  for (const [name, { shape }] of Object.entries({ gamma, beta }))
    if (shape.length !== 1 || shape[0] !== size)
      throw new ShapeError(`layerNorm: ${name} must be [${size}], the last axis of x [${x.shape}]; it is [${shape}]`);
  return hasOwnKernels() ? ownLayerNorm(x, gamma, beta, epsilon) : composedLayerNorm(x, gamma, beta, epsilon);
}

function ownLayerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  const op = customGrad((input, scale, shift, save) => {
    const operands = { x: input as Tensor, gamma: scale as Tensor, beta: shift as Tensor };
    const [y, mu, inverse] = runOwnKernel('UnlabelLayerNorm', operands, { epsilon }) as [Tensor, Tensor, Tensor];
    (save as GradSaveFunc)([operands.x, operands.gamma, mu, inverse]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [kept, g, centre, inv] = saved as [Tensor, Tensor, Tensor, Tensor];
        return runOwnKernel('UnlabelLayerNormGradient', { dy, x: kept, gamma: g, mean: centre, inverse: inv });
      },
    };
  });
  return op(x, gamma, beta);
}

function composedLayerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  const rows = x.shape.map((_, i) => i).slice(0, -1);
  const op = customGrad((input, scale, shift, save) => {
    const centred = sub(input as Tensor, mean(input as Tensor, -1, true));
    const inverse = rsqrt(add(mean(square(centred), -1, true), epsilon)); // [..., 1]
    const normal = mul(centred, inverse); // [..., D]
    (save as GradSaveFunc)([normal, inverse, scale as Tensor]);
    return {
      value: add(mul(normal, scale as Tensor), shift as Tensor),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [hat, inv, g] = saved as [Tensor, Tensor, Tensor];
        const dHat = mul(dy, g);
        const along = mul(hat, mean(mul(dHat, hat), -1, true));
        const dx = mul(inv, sub(sub(dHat, mean(dHat, -1, true)), along));
        return [dx, sum(mul(dy, hat), rows), sum(dy, rows)];
      },
    };
  });
  return op(x, gamma, beta);
}
