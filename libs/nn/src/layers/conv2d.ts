import { add, avgPool, conv2d as conv2dOp, pad, type Tensor4D } from '@tensorflow/tfjs-core';

import { ShapeError } from '#lib/tensor';

import { torchUniform } from '../initialiser.ts';
import { type Initialiser, type Module } from '../module.ts';

export interface Conv2dOptions {
  in: number;
  out: number;
  /** Side of the square kernel. */
  kernel: number;
  /** default: 1 */
  stride?: number;
  /** Zeros on each of the four sides; default: 0 */
  padding?: number;
  /** default: true */
  bias?: boolean;
  /** default: torch's, uniform over ±1/√fanIn */
  init?: Initialiser;
  /** default: torch's, uniform over ±1/√fanIn */
  biasInit?: Initialiser;
}

/** Channels in a block of oneDNN's AVX-512 kernels; with AVX2 it is 8. */
const channelBlock = 16;

/**
 * Convolution as torch.nn.Conv2d: symmetric padding, where TensorFlow's `SAME` at stride 2 pads only right and below.
 *
 * Parameters `weight` [k, k, in, out], `bias` [out]; forward [N, H, W, in] → [N, H', W', out],
 * H' = ⌊(H + 2 padding − kernel) / stride⌋ + 1.
 */
export function conv2d(options: Conv2dOptions): Module {
  const { in: inSize, out: outSize, kernel, stride = 1, padding = 0, bias = true } = options;
  const fanIn = kernel * kernel * inSize;
  const { init = torchUniform(fanIn), biasInit = torchUniform(fanIn) } = options;
  return {
    parameters: [
      { name: 'weight', shape: [kernel, kernel, inSize, outSize], init, trainable: true, decay: true },
      ...(bias ? [{ name: 'bias', shape: [outSize], init: biasInit, trainable: true, decay: false }] : []),
    ],
    forward(scope, x) {
      if (x.rank !== 4 || x.shape[3] !== inSize)
        throw new ShapeError(`conv2d: x must be [N, H, W, ${inSize}], got [${x.shape}]`);
      const [, height, width] = x.shape as [number, number, number, number];
      const same = [height, width].every((side) => sameIsSymmetric(side, kernel, stride, padding));
      const border: [number, number] = [padding, padding];
      const input = (same || padding === 0 ? x : pad(x, [[0, 0], border, border, [0, 0]])) as Tensor4D;
      const weight = scope.read('weight') as Tensor4D;
      // oneDNN's weight gradient of a strided 1×1 convolution of fewer channels than a block writes past its workspace
      // (uxlfoundation/oneDNN#6035), so the positions that the stride meets are taken first.
      const taken = kernel === 1 && stride > 1 && inSize < channelBlock;
      const y = taken
        ? conv2dOp(avgPool(input, 1, stride, 'valid'), weight, 1, 'valid')
        : conv2dOp(input, weight, stride, same ? 'same' : 'valid');
      return bias ? add(y, scope.read('bias')) : y;
    },
  };
}

/** Side of a convolution's or pooling's output. */
export function outputSide(side: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((side + 2 * padding - kernel) / stride) + 1;
}

/** Whether TensorFlow's `SAME` pads this side with `padding` before and after: then no padded copy is needed. */
function sameIsSymmetric(side: number, kernel: number, stride: number, padding: number): boolean {
  const total = Math.max((Math.ceil(side / stride) - 1) * stride + kernel - side, 0);
  return padding > 0 && total === 2 * padding;
}
