import { reshape, type Tensor } from '@tensorflow/tfjs-core';

import { addBias, biasGelu, geluExact, product, ShapeError } from '#lib/tensor';

import { torchUniform } from '../initialiser.ts';
import { type Initialiser, type Module } from '../module.ts';

export interface LinearOptions {
  in: number;
  out: number;
  /** default: true */
  bias?: boolean;
  /** default: torch's, uniform over ±1/√in */
  init?: Initialiser;
  /** default: torch's, uniform over ±1/√in */
  biasInit?: Initialiser;
  /** What follows the bias; default: nothing */
  activation?: 'gelu';
}

/**
 * y = x W + b, as torch.nn.Linear with W transposed, or gelu(x W + b), see `geluExact`.
 *
 * Parameters `weight` [in, out], `bias` [out]; forward [..., in] → [..., out].
 */
export function linear(options: LinearOptions): Module {
  const {
    in: inSize,
    out: outSize,
    bias = true,
    init = torchUniform(inSize),
    biasInit = torchUniform(inSize),
    activation,
  } = options;
  return {
    parameters: [
      { name: 'weight', shape: [inSize, outSize], init, trainable: true, decay: true },
      ...(bias ? [{ name: 'bias', shape: [outSize], init: biasInit, trainable: true, decay: false }] : []),
    ],
    forward(scope, x) {
      if (x.shape.at(-1) !== inSize) throw new ShapeError(`linear: x must be [..., ${inSize}], got [${x.shape}]`);
      // One 2-D product, whatever the rank: a batched one would repeat the weight.
      const rows = x.rank === 2 ? x : reshape(x, [-1, inSize]);
      const scaled = product(rows, scope.read('weight'));
      const y = finish(scaled, bias ? scope.read('bias') : undefined, activation);
      return x.rank === 2 ? y : reshape(y, [...x.shape.slice(0, -1), outSize]);
    },
  };
}

function finish(x: Tensor, bias: Tensor | undefined, activation: LinearOptions['activation']): Tensor {
  if (!bias) return activation === 'gelu' ? geluExact(x) : x;
  return activation === 'gelu' ? biasGelu(x, bias) : addBias(x, bias);
}
