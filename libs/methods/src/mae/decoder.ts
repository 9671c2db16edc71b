import { add, sigmoid, slice, type Tensor, tidy } from '@tensorflow/tfjs-core';

import {
  type Initialiser,
  layerNorm,
  linear,
  named,
  type ParameterSpec,
  type Scope,
  sequence,
  sinCosPositions,
  transformerBlock,
  xavierUniform,
} from '#lib/nn';

import { spreadTokens, type TokenRows } from './tokens.ts';

export interface DecoderOptions {
  /** Width of the encoder's tokens. */
  in: number;
  width: number;
  depth: number;
  heads: number;
  mlpRatio: number;
  grid: { rows: number; columns: number };
  classToken: boolean;
  /** Numbers of a patch, P·P·C. */
  out: number;
  head: 'linear' | 'sigmoid';
}

export interface Decoder {
  parameters: ParameterSpec[];
  /** Kept tokens with the class token, if any, to predictions of all patches: [N, K, in] → [N, L, out]. */
  forward(scope: Scope, latent: Tensor, rows: TokenRows): Tensor;
}

const epsilon = 1e-6;

/**
 * MAE's decoder under the authors' names: `decoder_embed`, the kept tokens put back in place with `mask_token` for the
 * removed, fixed positions, `decoder_blocks`, `decoder_norm`, `decoder_pred`. He et al. 2021,
 * https://arxiv.org/abs/2111.06377, section 3; models_mae.py of the authors.
 */
export function maeDecoder(options: DecoderOptions): Decoder {
  const { in: inSize, width, depth, heads, mlpRatio, grid, classToken, out, head } = options;
  const init = (from: number, to: number): { init: Initialiser; biasInit: Initialiser } => ({
    init: xavierUniform(from, to),
    biasInit: { kind: 'zeros' },
  });
  const embed = named('decoder_embed', linear({ in: inSize, out: width, ...init(inSize, width) }));
  const blocks = Array.from({ length: depth }, (_, i) =>
    named(`decoder_blocks.${i}`, transformerBlock({ size: width, heads, mlpRatio, epsilon, init })),
  );
  const body = sequence(
    ...blocks,
    named('decoder_norm', layerNorm({ size: width, epsilon })),
    named('decoder_pred', linear({ in: width, out, ...init(width, out) })),
  );
  const patches = grid.rows * grid.columns;
  const first = classToken ? 1 : 0;
  return {
    parameters: [...decoderTokens(options), ...embed.parameters, ...body.parameters],
    forward: (scope, latent, rows) =>
      tidy(() => {
        const kept = embed.forward(scope, latent);
        const tokens = spreadTokens(kept, scope.read('mask_token'), rows); // [N, (1 +) L, width]
        const all = body.forward(scope, add(tokens, scope.read('decoder_pos_embed')));
        const ofPatches = first === 0 ? all : slice(all, [0, first, 0], [all.shape[0], patches, out]);
        return head === 'sigmoid' ? sigmoid(ofPatches) : ofPatches;
      }),
  };
}

function decoderTokens({ width, grid, classToken }: DecoderOptions): ParameterSpec[] {
  const length = grid.rows * grid.columns + (classToken ? 1 : 0);
  const codes = sinCosPositions({ size: width, ...grid, classToken });
  return [
    {
      name: 'mask_token',
      shape: [1, 1, width],
      init: { kind: 'normal', std: 0.02 },
      trainable: true,
      decay: false,
    },
    {
      name: 'decoder_pos_embed',
      shape: [1, length, width],
      init: { kind: 'values', values: codes },
      trainable: false,
      decay: false,
    },
  ];
}
