import { batchNorm } from '../layers/batch-norm.ts';
import { linear } from '../layers/linear.ts';
import { type Module, named, sequence } from '../module.ts';

import { type HeadOptions } from './simsiam-projection.ts';

/**
 * SimSiam's prediction MLP: "BN applied to its hidden fc layers. Its output fc does not have BN or ReLU. This MLP has 2
 * layers. The dimension of h's input and output is 2048, and h's hidden layer is 512, making h a bottleneck structure."
 * Chen & He 2020, https://arxiv.org/abs/2011.10566, section 3. [N, in] → [N, out].
 */
export function simsiamPrediction({ in: inSize, hidden, out }: HeadOptions): Module {
  return sequence(
    named('layers.0', linear({ in: inSize, out: hidden, bias: false })),
    named('layers.1', batchNorm({ size: hidden, relu: true })),
    named('layers.3', linear({ in: hidden, out })),
  );
}
