import { batchNorm } from '../layers/batch-norm.ts';
import { linear } from '../layers/linear.ts';
import { type Module, named, sequence } from '../module.ts';

import { type HeadOptions } from './simsiam-projection.ts';

/**
 * Barlow Twins' projector: "three linear layers, each with 8192 output units. The first two layers of the projector are
 * followed by a batch normalization layer and rectified linear units." Zbontar et al. 2021,
 * https://arxiv.org/abs/2103.03230, section 2.2. As in lightly the last layer has a bias (the authors' main.py has none).
 * [N, in] → [N, out].
 */
export function barlowTwinsProjection({ in: inSize, hidden, out }: HeadOptions): Module {
  return sequence(
    named('layers.0', linear({ in: inSize, out: hidden, bias: false })),
    named('layers.1', batchNorm({ size: hidden, relu: true })),
    named('layers.3', linear({ in: hidden, out: hidden, bias: false })),
    named('layers.4', batchNorm({ size: hidden, relu: true })),
    named('layers.6', linear({ in: hidden, out })),
  );
}
