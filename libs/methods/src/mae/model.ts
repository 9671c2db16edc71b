import {
  add,
  cast,
  greaterEqual,
  reshape,
  scalar,
  slice,
  type Tensor,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';

import { type ParameterSpec, prefixScope, type Scope, type VisionTransformer } from '#lib/nn';
import { product } from '#lib/tensor';

import { type DecoderOptions, maeDecoder } from './decoder.ts';
import { gatherRows, keptPositions, type TokenRows, tokenRows } from './tokens.ts';

export type MaeModelOptions = Pick<DecoderOptions, 'width' | 'depth' | 'heads' | 'mlpRatio' | 'head'>;

/** What one pass makes, for N images of L patches of P numbers. */
export type Reconstruction = {
  /** The encoder's tokens: class token, if any, then the kept patches, [N, (1 +) keep, D]. */
  latent: Tensor;
  /** Predictions of all patches, [N, L, P]. */
  prediction: Tensor;
  /** [N, L], 0 kept, 1 removed. */
  mask: Tensor;
};

export interface MaeModel {
  parameters: ParameterSpec[];
  /**
   * @param patches [N, L, P], from `patchify`
   * @param kept [N, keep] int32
   * @param restore [N, L] int32, see Masks
   */
  reconstruct(scope: Scope, patches: Tensor, kept: Tensor, restore: Tensor): Reconstruction;
}

/** An encoder that sees only the kept patches, its parameters under `encoder.`, and a decoder. */
export function maeModel(encoder: VisionTransformer, options: MaeModelOptions): MaeModel {
  const { patchSize, width, classToken } = encoder.options;
  const out = patchSize * patchSize * encoder.inputSize.channels;
  const decoder = maeDecoder({ ...options, in: width, grid: encoder.grid, classToken, out });
  return {
    parameters: [
      ...encoder.parameters.map((parameter) => ({ ...parameter, name: `encoder.${parameter.name}` })),
      ...decoder.parameters,
    ],
    reconstruct: (scope, patches, kept, restore) =>
      tidy(() => {
        const rows = tokenRows(kept, restore, classToken);
        const within = prefixScope(scope, 'encoder');
        const latent = encoder.encode(within, embedKept(encoder, within, patches, kept, restore));
        const prediction = decoder.forward(scope, latent, rows);
        return {
          latent,
          prediction,
          mask: cast(greaterEqual(restore, scalar(kept.shape[1] as number, 'int32')), 'float32'),
        };
      }),
  };
}

/**
 * Tokens of the kept patches with their positions, [N, keep, D]. The patches are chosen before the embedding's product,
 * which so has a quarter of the work at a mask ratio of 75 %; the authors embed all and then choose.
 */
function embedKept(encoder: VisionTransformer, scope: Scope, patches: Tensor, kept: Tensor, restore: Tensor): Tensor {
  const { width, classToken } = encoder.options;
  const size = patches.shape[2] as number;
  const [N, keep] = kept.shape as [number, number];
  const rows: TokenRows = tokenRows(kept, restore, false);
  const chosen = reshape(gatherRows(patches, kept), [N * keep, size]) as Tensor2D;
  const weight = reshape(scope.read('patch_embed.proj.weight'), [size, width]) as Tensor2D;
  const tokens = add(product(chosen, weight), scope.read('patch_embed.proj.bias'));
  const codes = scope.read('pos_embed');
  const ofPatches = classToken ? slice(codes, [0, 1, 0], [1, patches.shape[1] as number, width]) : codes;
  return add(reshape(tokens, [N, keep, width]), keptPositions(ofPatches, rows));
}
