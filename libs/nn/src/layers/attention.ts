import { UsageError } from '#lib/contracts';
import { attend, ShapeError } from '#lib/tensor';

import { type Initialiser, type Module, named, prefixScope } from '../module.ts';

import { linear } from './linear.ts';

export interface AttentionOptions {
  size: number;
  heads: number;
  /** First values of a linear layer; default: torch's for weight and bias. */
  init?: (inSize: number, outSize: number) => { init: Initialiser; biasInit: Initialiser };
}

/**
 * Multi-head self-attention in timm's layout: one product gives [q, k, v] × heads × head size.
 *
 *     y = concat_h( softmax(q_h k_hᵀ / √d) v_h ) W + b
 *
 * Vaswani et al. 2017, https://arxiv.org/abs/1706.03762. Parameters `qkv.weight` [D, 3D], `qkv.bias`, `proj.weight`
 * [D, D], `proj.bias`; forward [N, L, D] → [N, L, D].
 * @throws UsageError if the heads don't divide the size
 */
export function attention({ size, heads, init }: AttentionOptions): Module {
  if (size % heads !== 0) throw new UsageError(`attention: ${heads} heads don't divide the width ${size}`);
  const qkv = linear({ in: size, out: 3 * size, ...init?.(size, 3 * size) });
  const projection = linear({ in: size, out: size, ...init?.(size, size) });
  return {
    parameters: [...named('qkv', qkv).parameters, ...named('proj', projection).parameters],
    forward(scope, x) {
      if (x.rank !== 3) throw new ShapeError(`attention: x must be [N, L, ${size}], got [${x.shape}]`);
      const joint = qkv.forward(prefixScope(scope, 'qkv'), x); // [N, L, 3 × heads × head size]
      return projection.forward(prefixScope(scope, 'proj'), attend(joint, heads));
    },
  };
}
