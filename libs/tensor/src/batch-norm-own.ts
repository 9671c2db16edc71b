import { engine, registerGradient, type Tensor, tensor1d } from '@tensorflow/tfjs-core';

import type { BatchNormTrain } from './batch-norm-composed.ts';
import type { BatchNormFollowedBy } from './batch-norm-train.ts';
import { defineOwnKernel, runOwnKernel } from './own-kernels.ts';

const kernel = 'UnlabelBatchNorm';
const gradientKernel = 'UnlabelBatchNormGradient';
const attributes = { epsilon: 'float', relu: 'bool', add_residual: 'bool' } as const;

/** Batch norm in training by libs/engine/kernels/batch-norm.h. x [..., C], gamma and beta [C]. */
export function runOwnBatchNorm(
  inputs: Record<'x' | 'gamma' | 'beta', Tensor>,
  epsilon: number,
  { residual, relu = false }: BatchNormFollowedBy,
): BatchNormTrain {
  const none = residual ? undefined : tensor1d([], 'float32');
  const operands = { ...inputs, residual: residual ?? (none as Tensor) };
  const attrs = { epsilon, relu, add_residual: residual !== undefined };
  const [y, mean, variance] = runOwnKernel(kernel, operands, attrs) as [Tensor, Tensor, Tensor];
  none?.dispose();
  return { y, mean, variance };
}

defineOwnKernel(kernel, 3, { attributes });
defineOwnKernel(gradientKernel, 4, { attributes });

registerGradient({
  kernelName: kernel,
  inputsToSave: ['x', 'gamma', 'beta'],
  outputsToSave: [true, true, true],
  gradFunc(dys, saved, attrs) {
    const dy = (dys as Tensor[])[0] as Tensor; // mean and variance are constants of the loss
    const [x, gamma, beta, y, mean, variance] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const { relu, add_residual: residual } = attrs as { relu?: boolean; add_residual?: boolean };
    const inputs = { dy, x, y: relu && residual ? y : x, gamma, beta, mean, variance };
    const [dx, dGamma, dBeta, dResidual] = engine().runKernel(gradientKernel, inputs, attrs) as unknown as Tensor[];
    const none = residual ? undefined : (dResidual as Tensor);
    none?.dispose();
    return {
      x: () => dx as Tensor,
      gamma: () => dGamma as Tensor,
      beta: () => dBeta as Tensor,
      ...(residual && { residual: () => dResidual as Tensor }),
    };
  },
});
