import { add, reshape } from '@tensorflow/tfjs-core';

import { product, ShapeError } from '#lib/tensor';

import { torchUniform } from '../initialiser.ts';
import { type Initialiser, type Module } from '../module.ts';

import { patchify } from './patchify.ts';

export interface PatchEmbedOptions {
  patchSize: number;
  channels: number;
  size: number;
  /** default: torch's for a convolution */
  init?: Initialiser;
  biasInit?: Initialiser;
}

/**
 * Patches to tokens: the convolution of kernel and stride P of timm's PatchEmbed, written as one product.
 *
 * Parameters `proj.weight` [P, P, C, D], `proj.bias` [D]; forward [N, H, W, C] → [N, L, D] in row-major order.
 */
export function patchEmbed({ patchSize, channels, size, ...given }: PatchEmbedOptions): Module {
  const fanIn = patchSize * patchSize * channels;
  const { init = torchUniform(fanIn), biasInit = torchUniform(fanIn) } = given;
  return {
    parameters: [
      { name: 'proj.weight', shape: [patchSize, patchSize, channels, size], init, trainable: true, decay: true },
      { name: 'proj.bias', shape: [size], init: biasInit, trainable: true, decay: false },
    ],
    forward(scope, x) {
      if (x.rank !== 4 || x.shape[3] !== channels)
        throw new ShapeError(`patchEmbed: x must be [N, H, W, ${channels}], got [${x.shape}]`);
      const patches = patchify(x, patchSize); // [N, L, P·P·C]
      const [N, L] = patches.shape as [number, number, number];
      const weight = reshape(scope.read('proj.weight'), [fanIn, size]);
      const tokens = product(reshape(patches, [N * L, fanIn]), weight);
      return reshape(add(tokens, scope.read('proj.bias')), [N, L, size]);
    },
  };
}
