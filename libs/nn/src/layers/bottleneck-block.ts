import { type Initialiser, type Module, named, sequence } from '../module.ts';

import { residual, type ResidualBlockOptions, residualConv, residualShortcut } from './basic-block.ts';
import { batchNorm } from './batch-norm.ts';

/** Channels out of a bottleneck over its width. */
export const bottleneckExpansion = 4;

/**
 * ResNet's bottleneck, as torchvision's Bottleneck: 1×1, BN, ReLU, 3×3 (stride), BN, ReLU, 1×1 to 4·width, BN, plus shortcut,
 * ReLU. The stride is on the 3×3 convolution ("ResNet v1.5"); He et al. 2015 have it on the first 1×1.
 * [N, H, W, in] → [N, H/stride, W/stride, 4·width].
 */
export function bottleneckBlock({ in: inSize, width, stride = 1, zeroInit = false }: ResidualBlockOptions): Module {
  const out = bottleneckExpansion * width;
  const scaleInit: Initialiser = { kind: zeroInit ? 'zeros' : 'ones' };
  const branch = sequence(
    named('conv1', residualConv(inSize, width, 1)),
    named('bn1', batchNorm({ size: width, relu: true })),
    named('conv2', residualConv(width, width, 3, stride)),
    named('bn2', batchNorm({ size: width, relu: true })),
    named('conv3', residualConv(width, out, 1)),
  );
  const last = named('bn3', batchNorm({ size: out, scaleInit, relu: true }));
  return residual(branch, last, residualShortcut(inSize, out, stride));
}
