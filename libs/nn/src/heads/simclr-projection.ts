import { batchNorm } from '../layers/batch-norm.ts';
import { linear } from '../layers/linear.ts';
import { type Module, named, sequence } from '../module.ts';

import { type HeadOptions } from './simsiam-projection.ts';

/**
 * SimCLR's projection head, "a MLP with one hidden layer to project the representation to a 128-dimensional latent space"
 * (Chen et al. 2020, https://arxiv.org/abs/2002.05709, section 2.1), with batch norm after both layers as in the authors'
 * code and lightly. [N, in] → [N, out].
 */
export function simclrProjection({ in: inSize, hidden, out }: HeadOptions): Module {
  return sequence(
    named('layers.0', linear({ in: inSize, out: hidden, bias: false })),
    named('layers.1', batchNorm({ size: hidden, relu: true })),
    named('layers.3', linear({ in: hidden, out, bias: false })),
    named('layers.4', batchNorm({ size: out })),
  );
}
