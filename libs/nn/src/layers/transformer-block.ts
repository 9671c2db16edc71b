import { add } from '@tensorflow/tfjs-core';

import { type Module, named } from '../module.ts';

import { attention, type AttentionOptions } from './attention.ts';
import { layerNorm } from './layer-norm.ts';
import { mlp } from './mlp.ts';

export interface TransformerBlockOptions extends AttentionOptions {
  /** Hidden size of the MLP over `size`; default: 4 */
  mlpRatio?: number;
  /** default: 1e-6 */
  epsilon?: number;
}

/**
 * Pre-norm transformer block, as timm's Block: x + attn(norm1 x), then x + mlp(norm2 x). [N, L, D] → [N, L, D].
 * Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929, eq. 2 and 3.
 */
export function transformerBlock({ mlpRatio = 4, epsilon = 1e-6, ...options }: TransformerBlockOptions): Module {
  const { size, init } = options;
  const norm = (name: string) => named(name, layerNorm({ size, epsilon }));
  const [norm1, norm2] = [norm('norm1'), norm('norm2')];
  const attend = named('attn', attention(options));
  const transform = named('mlp', mlp({ size, hidden: Math.round(size * mlpRatio), ...(init ? { init } : {}) }));
  return {
    parameters: [norm1, attend, norm2, transform].flatMap(({ parameters }) => parameters),
    forward(scope, x) {
      const attended = add(x, attend.forward(scope, norm1.forward(scope, x)));
      return add(attended, transform.forward(scope, norm2.forward(scope, attended)));
    },
  };
}
