import { add, customGrad, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';

import { geluExact } from './gelu-exact.ts';
import { defineOwnKernel, hasOwnKernels, runOwnKernel } from './own-kernels.ts';
import { ShapeError } from './shape-error.ts';

for (const name of ['UnlabelBias', 'UnlabelBiasGelu', 'UnlabelColumnSums']) defineOwnKernel(name, 1);
defineOwnKernel('UnlabelBiasGeluGradient', 2);

/**
 * x + b, a layer's bias; db = Σ dy over all rows.
 * @param x [..., D]
 * @param bias [D]
 * @throws ShapeError if the bias is not [D]
 */
export function addBias(x: Tensor, bias: Tensor): Tensor {
  checkBias('addBias', x, bias);
  if (!hasOwnKernels()) return add(x, bias);
  const op = customGrad((input, shift) => ({
    value: runOwnKernel('UnlabelBias', { x: input as Tensor, bias: shift as Tensor })[0] as Tensor,
    gradFunc: (dy: Tensor) => [dy.clone(), runOwnKernel('UnlabelColumnSums', { x: dy })[0] as Tensor],
  }));
  return op(x, bias);
}

/**
 * GELU(x + b) in its exact form, see `geluExact`; what it holds until the gradient is x alone.
 * @param x [..., D]
 * @param bias [D]
 * @throws ShapeError if the bias is not [D]
 */
export function biasGelu(x: Tensor, bias: Tensor): Tensor {
  checkBias('biasGelu', x, bias);
  if (!hasOwnKernels()) return geluExact(add(x, bias));
  const op = customGrad((input, shift, save) => {
    const operands = { x: input as Tensor, bias: shift as Tensor };
    (save as GradSaveFunc)([operands.x, operands.bias]);
    return {
      value: runOwnKernel('UnlabelBiasGelu', operands)[0] as Tensor,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [z, b] = saved as [Tensor, Tensor];
        return runOwnKernel('UnlabelBiasGeluGradient', { dy, x: z, bias: b });
      },
    };
  });
  return op(x, bias);
}

function checkBias(name: string, x: Tensor, bias: Tensor): void {
  if (bias.rank !== 1 || bias.shape[0] !== x.shape.at(-1))
    throw new ShapeError(
      `${name}: the bias must be [${x.shape.at(-1)}], the last axis of x [${x.shape}]; it is [${bias.shape}]`,
    );
}
