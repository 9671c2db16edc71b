import { layerNorm as layerNormOp } from '#lib/tensor';

import { type Module } from '../module.ts';

export interface LayerNormOptions {
  size: number;
  /** default: 1e-6, as timm's vision transformers (torch's own default is 1e-5) */
  epsilon?: number;
}

/** Layer norm over the last axis, as torch.nn.LayerNorm. Parameters `weight`, `bias` [size]; [..., size] → the same. */
export function layerNorm({ size, epsilon = 1e-6 }: LayerNormOptions): Module {
  return {
    parameters: [
      { name: 'weight', shape: [size], init: { kind: 'ones' }, trainable: true, decay: false },
      { name: 'bias', shape: [size], init: { kind: 'zeros' }, trainable: true, decay: false },
    ],
    forward: (scope, x) => layerNormOp(x, scope.read('weight'), scope.read('bias'), epsilon),
  };
}
