import { add, mul, rsqrt, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { batchNormTrain, relu as reluOf, ShapeError } from '#lib/tensor';

import { type Initialiser, type Module, type ParameterSpec } from '../module.ts';

export interface BatchNormOptions {
  size: number;
  /** Learned scale and shift; default: true */
  affine?: boolean;
  /** torch's: the share of the new batch in the running statistics; default: 0.1 (Keras calls this momentum 0.9) */
  momentum?: number;
  /** default: 1e-5 */
  epsilon?: number;
  /** First value of the scale; default: ones */
  scaleInit?: Initialiser;
  /** Whether ReLU follows; default: false */
  relu?: boolean;
}

/** A batch norm also takes what is to be added to its result, ahead of ReLU. */
export type BatchNorm = Module<[residual?: Tensor]>;

/**
 * Batch norm over all axes but the last, as torch.nn.BatchNorm1d ([N, C]) and BatchNorm2d ([N, H, W, C]). In training it
 * normalises by the batch and updates the running statistics, new = (1 − m) old + m batch, with the unbiased variance;
 * else it normalises by the running statistics. What follows it in a residual network, a sum and ReLU, it can do as well.
 *
 * Parameters `weight`, `bias`, buffers `running_mean`, `running_var`, all [C].
 */
export function batchNorm(options: BatchNormOptions): BatchNorm {
  const { size, affine = true, momentum = 0.1, epsilon = 1e-5, scaleInit = { kind: 'ones' }, relu = false } = options;
  const spec = (name: string, init: Initialiser, trainable: boolean): ParameterSpec => ({
    name,
    shape: [size],
    init,
    trainable,
    decay: false,
  });
  return {
    parameters: [
      ...(affine ? [spec('weight', scaleInit, true), spec('bias', { kind: 'zeros' }, true)] : []),
      spec('running_mean', { kind: 'zeros' }, false),
      spec('running_var', { kind: 'ones' }, false),
    ],
    forward(scope, x, residual) {
      if (x.shape.at(-1) !== size) throw new ShapeError(`batchNorm: x must be [..., ${size}], got [${x.shape}]`);
      const gamma = affine ? scope.read('weight') : undefined;
      const beta = affine ? scope.read('bias') : undefined;
      const [runningMean, runningVariance] = [scope.read('running_mean'), scope.read('running_var')];
      if (!scope.training) {
        const inverse = rsqrt(add(runningVariance, epsilon));
        const scale = gamma ? mul(gamma, inverse) : inverse;
        const centred = mul(sub(x, runningMean), scale);
        const shifted = beta ? add(centred, beta) : centred;
        const sum = residual ? add(shifted, residual) : shifted;
        return relu ? reluOf(sum) : sum;
      }
      const { y, mean, variance } = batchNormTrain(x, gamma, beta, epsilon, { relu, residual });
      const count = x.size / size;
      const blend = (old: typeof mean, now: typeof mean, share: number) =>
        tidy(() => add(mul(old, 1 - momentum), mul(now, share)));
      scope.write('running_mean', blend(runningMean, mean, momentum));
      scope.write('running_var', blend(runningVariance, variance, (momentum * count) / (count - 1)));
      return y;
    },
  };
}
