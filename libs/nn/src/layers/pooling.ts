import { avgPool, maxPool, pad, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';

import { meanOver, ShapeError } from '#lib/tensor';

import { type Module } from '../module.ts';

/**
 * Max pooling 3×3 at stride 2 with a border of 1 that counts as −∞, the end of ResNet's ImageNet stem
 * (torch.nn.MaxPool2d(3, 2, 1)): [N, H, W, C] → [N, ⌊(H − 1)/2⌋ + 1, …, C].
 */
export const maxPool3x3: Module = {
  parameters: [],
  forward(_scope, x) {
    const border: [number, number] = [1, 1];
    const padded = pad(image('maxPool3x3', x), [[0, 0], border, border, [0, 0]], -Infinity);
    return maxPool(padded, 3, 2, 'valid');
  },
};

/** Mean over 2×2 blocks; an odd last row or column is left out: [N, H, W, C] → [N, ⌊H/2⌋, ⌊W/2⌋, C]. */
export const avgPool2x2: Module = {
  parameters: [],
  forward: (_scope, x) => avgPool(image('avgPool2x2', x), 2, 2, 'valid'),
};

/** Mean over all positions: [N, H, W, C] → [N, C]. */
export const globalAvgPool: Module = {
  parameters: [],
  forward: (_scope, x) => meanOver(image('globalAvgPool', x), [1, 2]),
};

function image(name: string, x: Tensor): Tensor4D {
  if (x.rank !== 4) throw new ShapeError(`${name}: x must be [N, H, W, C], got [${x.shape}]`);
  return x as Tensor4D;
}
