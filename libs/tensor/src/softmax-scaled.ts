import { customGrad, type GradSaveFunc, mul, softmax, type Tensor } from '@tensorflow/tfjs-core';

import { defineOwnKernel, hasOwnKernels, runOwnKernel } from './own-kernels.ts';

defineOwnKernel('UnlabelSoftmax', 1, { attributes: { scale: 'float' } });
defineOwnKernel('UnlabelSoftmaxGradient', 1, { attributes: { scale: 'float' } });

/**
 * softmax(scale · x) over the last axis, as attention weights take it; dx = scale · y (dy − Σ dy y).
 * @param x [..., L]
 */
export function softmaxScaled(x: Tensor, scale: number): Tensor {
  if (!hasOwnKernels()) return softmax(mul(x, scale));
  const op = customGrad((input, save) => {
    const [y] = runOwnKernel('UnlabelSoftmax', { x: input as Tensor }, { scale }) as [Tensor];
    (save as GradSaveFunc)([y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, [saved]: Tensor[]) =>
        runOwnKernel('UnlabelSoftmaxGradient', { dy, y: saved as Tensor }, { scale })[0] as Tensor,
    };
  });
  return op(x);
}
