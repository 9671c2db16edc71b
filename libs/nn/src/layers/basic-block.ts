import { kaimingNormal } from '../initialiser.ts';
import { type Initialiser, type Module, named, sequence } from '../module.ts';

import { type BatchNorm, batchNorm } from './batch-norm.ts';
import { conv2d } from './conv2d.ts';

export interface ResidualBlockOptions {
  in: number;
  /** Width of the block's 3×3 convolutions. */
  width: number;
  /** default: 1 */
  stride?: number;
  /** The last batch norm starts at scale 0, so that the block starts as the identity (Goyal et al. 2017). */
  zeroInit?: boolean;
}

/** Bias-free convolution with torchvision's initialisation for ResNets. */
export function residualConv(inSize: number, out: number, kernel: number, stride = 1): Module {
  const init = kaimingNormal(kernel * kernel * out);
  return conv2d({ in: inSize, out, kernel, stride, padding: (kernel - 1) / 2, bias: false, init });
}

/** The shortcut: a 1×1 convolution and batch norm where the shape changes, else nothing. */
export function residualShortcut(inSize: number, out: number, stride: number): Module | undefined {
  if (stride === 1 && inSize === out) return undefined;
  return sequence(
    named('downsample.0', residualConv(inSize, out, 1, stride)),
    named('downsample.1', batchNorm({ size: out })),
  );
}

/** relu(norm(branch(x)) + shortcut(x)), with the parameters of all. */
export function residual(branch: Module, norm: BatchNorm, shortcut: Module | undefined): Module {
  return {
    parameters: [branch, norm, ...(shortcut ? [shortcut] : [])].flatMap(({ parameters }) => parameters),
    forward: (scope, x) => norm.forward(scope, branch.forward(scope, x), shortcut ? shortcut.forward(scope, x) : x),
  };
}

/**
 * ResNet's basic block, as torchvision's BasicBlock: 3×3 (stride), BN, ReLU, 3×3, BN, plus shortcut, ReLU.
 * He et al. 2015, https://arxiv.org/abs/1512.03385, fig. 5 left. [N, H, W, in] → [N, H/stride, W/stride, width].
 */
export function basicBlock({ in: inSize, width, stride = 1, zeroInit = false }: ResidualBlockOptions): Module {
  const scaleInit: Initialiser = { kind: zeroInit ? 'zeros' : 'ones' };
  const branch = sequence(
    named('conv1', residualConv(inSize, width, 3, stride)),
    named('bn1', batchNorm({ size: width, relu: true })),
    named('conv2', residualConv(width, width, 3)),
  );
  const last = named('bn2', batchNorm({ size: width, scaleInit, relu: true }));
  return residual(branch, last, residualShortcut(inSize, width, stride));
}
