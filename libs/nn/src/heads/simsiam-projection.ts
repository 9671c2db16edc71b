import { batchNorm } from '../layers/batch-norm.ts';
import { linear } from '../layers/linear.ts';
import { type Module, named, sequence } from '../module.ts';

export interface HeadOptions {
  in: number;
  hidden: number;
  out: number;
}

/**
 * SimSiam's projection MLP: "BN applied to each fully-connected layer, including its output fc. Its output fc has no
 * ReLU. The hidden fc is 2048-d. This MLP has 3 layers." Chen & He 2020, https://arxiv.org/abs/2011.10566, section 3.
 * As the authors' code and lightly, the last batch norm has no scale and shift, and no layer has a bias.
 * [N, in] → [N, out].
 */
export function simsiamProjection({ in: inSize, hidden, out }: HeadOptions): Module {
  return sequence(
    named('layers.0', linear({ in: inSize, out: hidden, bias: false })),
    named('layers.1', batchNorm({ size: hidden, relu: true })),
    named('layers.3', linear({ in: hidden, out: hidden, bias: false })),
    named('layers.4', batchNorm({ size: hidden, relu: true })),
    named('layers.6', linear({ in: hidden, out, bias: false })),
    named('layers.7', batchNorm({ size: out, affine: false })),
  );
}
