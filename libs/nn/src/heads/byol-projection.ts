import { batchNorm } from '../layers/batch-norm.ts';
import { linear } from '../layers/linear.ts';
import { type Module, named, sequence } from '../module.ts';

import { type HeadOptions } from './simsiam-projection.ts';

/**
 * BYOL's projection MLP, also its prediction MLP: "a linear layer with output size 4096 followed by batch normalization,
 * rectified linear units (ReLU), and a final linear layer with output dimension 256"; "contrary to SimCLR, the output of
 * this MLP is not batch normalized". Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3.3. [N, in] → [N, out].
 */
export function byolProjection({ in: inSize, hidden, out }: HeadOptions): Module {
  return sequence(
    named('layers.0', linear({ in: inSize, out: hidden, bias: false })),
    named('layers.1', batchNorm({ size: hidden, relu: true })),
    named('layers.3', linear({ in: hidden, out })),
  );
}
