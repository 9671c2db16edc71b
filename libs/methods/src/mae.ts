import {
  add,
  concat,
  div,
  mean,
  mul,
  reshape,
  type Scalar,
  sigmoid,
  slice,
  sqrt,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';
import {
  buildBackbone,
  layerNorm,
  linear,
  type Module,
  named,
  type ParameterSpec,
  patchify,
  prefixScope,
  type Scope,
  sequence,
  sinCosPositions,
  transformerBlock,
  type VisionTransformer,
  xavierUniform,
} from '#lib/nn';
import { Draws } from '#lib/sampling';
import { ShapeError } from '#lib/tensor';

import { keptPatches, maskRows, spreadRows, takeRows } from './masking.ts';
import type { Method } from './method.ts';

const options = z.strictObject({
  maskRatio: z.number().gt(0).lt(1).default(0.75).describe('part of the patches that the encoder does not see'),
  normPix: z.boolean().default(true).describe('reconstruct patches normalised by their own mean and variance'),
  decoderWidth: z.int().positive().multipleOf(4).default(512).describe('size of a token of the decoder'),
  decoderDepth: z.int().positive().default(8).describe('transformer blocks of the decoder'),
  decoderHeads: z.int().positive().default(16).describe('attention heads of the decoder; divides its width'),
  decoderMlpRatio: z.number().positive().default(4).describe("hidden size of the decoder's MLPs over its width"),
  output: z
    .enum(['linear', 'sigmoid'])
    .default('linear')
    .describe('what the last layer ends in; sigmoid suits raw pixels in 0..1'),
});
type MaeOptions = z.output<typeof options>;

const normEpsilon = 1e-6;
const pixelEpsilon = 1e-6;

/** Patches by their own mean and unbiased variance, as the targets of `norm_pix_loss`: [N, L, P]. */
export function normalisePatches(patches: Tensor3D): Tensor3D {
  const size = patches.shape[2];
  const centred = sub(patches, mean(patches, -1, true));
  const variance = div(sum(square(centred), -1, true), size - 1); // [N, L, 1]
  return div(centred, sqrt(add(variance, pixelEpsilon)));
}

/**
 * MAE's loss: the squared error of each patch, averaged over the masked patches of the whole batch.
 *
 *     L = Σ_{n,l} m_nl · 1/P Σ_p (x̂_nlp − x_nlp)² / Σ_{n,l} m_nl
 *
 * He et al. 2021, https://arxiv.org/abs/2111.06377.
 * @param prediction [N, L, P]
 * @param target [N, L, P], patches or normalised patches
 * @param masked [N, L], 1 where the encoder did not see the patch, 0 where it did
 */
export function maeLoss(prediction: Tensor3D, target: Tensor3D, masked: Tensor2D): Scalar {
  const [N, L] = prediction.shape;
  if (prediction.shape.join() !== target.shape.join() || masked.shape.join() !== `${N},${L}`)
    throw new ShapeError(
      `maeLoss: prediction and target must be [N, L, P] and masked [N, L], got [${prediction.shape}], [${target.shape}] and [${masked.shape}]`,
    );
  return tidy(() => {
    const perPatch = mean(squaredDifference(prediction, target), -1); // [N, L]
    return div(sum(mul(perPatch, masked)), sum(masked));
  });
}

/** Masked autoencoder: the encoder sees a quarter of the patches, a small decoder paints the rest. */
export const mae: Method<MaeOptions> = {
  name: 'mae',
  title: 'Masked autoencoder',
  family: 'masking',
  papers: ['https://arxiv.org/abs/2111.06377'],
  options,
  views: 1,
  build({ backbone, image, options: chosen }) {
    const encoder = asVit(buildBackbone(backbone.name, backbone.options, image));
    const { patchSize } = encoder.options;
    const patches = encoder.grid.rows * encoder.grid.columns;
    const keep = keptPatches(patches, chosen.maskRatio);
    const decode = decoder(chosen, encoder, patchSize * patchSize * image.channels);
    const inEncoder = named('encoder', encoder);
    return {
      parameters: [...inEncoder.parameters, ...decode.parameters],
      featureSize: encoder.featureSize,
      inputs: ({ batch }) => ({
        kept: { shape: [batch * keep], dtype: 'int32' },
        spread: { shape: [batch * patches], dtype: 'int32' },
        masked: { shape: [batch, patches], dtype: 'float32' },
      }),
      drawInputs({ seed, epoch, samples }) {
        const orders = Array.from(samples, (sample) =>
          new Draws({ seed, purpose: 'mask', epoch, sample, view: 0 }).permutation(patches),
        );
        return { ...maskRows(orders, patches, keep) };
      },
      loss(scope, [images], inputs) {
        if (!images) throw new ShapeError('mae: one view is needed');
        const N = images.shape[0];
        const { kept, spread, masked } = inputs as { kept: Tensor; spread: Tensor; masked: Tensor2D };
        const inside = prefixScope(scope, 'encoder');
        const tokens = reshape(encoder.embed(inside, images), [N * patches, encoder.featureSize]) as Tensor2D;
        const seen = reshape(takeRows(tokens, kept, spread), [N, keep, encoder.featureSize]); // [N, K, D]
        const prediction = decode.forward(scope, encoder.encode(inside, seen), { kept, spread, patches });
        const target = patchify(images, patchSize) as Tensor3D; // [N, L, P]
        return { loss: maeLoss(prediction, chosen.normPix ? normalisePatches(target) : target, masked), terms: {} };
      },
      features: (scope, images) => encoder.forward(prefixScope(scope, 'encoder'), images) as Tensor2D,
    };
  },
};

function asVit(backbone: object & { name: string }): VisionTransformer {
  if (!('encode' in backbone))
    throw new UsageError(`mae: ${backbone.name} has no patches to mask`, {
      field: 'backbone.name',
      remedy: 'choose a vision transformer: vit-tiny, vit-small, vit-base or vit-report',
    });
  const encoder = backbone as VisionTransformer;
  if (encoder.options.pool === 'avg')
    throw new UsageError('mae: with pool "avg" the encoder has no norm over its tokens', {
      field: 'backbone.options.pool',
      remedy: 'use pool norm-avg or token',
    });
  return encoder;
}

interface Decoder {
  parameters: ParameterSpec[];
  /** encoded [N, (1 +) K, D] → predicted patches [N, L, P] */
  forward(scope: Scope, encoded: Tensor, mask: { kept: Tensor; spread: Tensor; patches: number }): Tensor3D;
}

/** The decoder: kept tokens at their places, a mask token elsewhere, fixed positions, blocks, one linear layer to pixels. */
function decoder(chosen: MaeOptions, encoder: VisionTransformer, patchValues: number): Decoder {
  const { decoderWidth: width, decoderDepth, decoderHeads: heads, decoderMlpRatio: mlpRatio } = chosen;
  if (width % heads !== 0)
    throw new UsageError(`mae: ${heads} heads don't divide a decoder of width ${width}`, {
      field: 'method.options.decoderHeads',
    });
  const { classToken } = encoder.options;
  const init = (inSize: number, out: number) => ({
    init: xavierUniform(inSize, out),
    biasInit: { kind: 'zeros' as const },
  });
  const into = named(
    'decoder_embed',
    linear({ in: encoder.featureSize, out: width, ...init(encoder.featureSize, width) }),
  );
  const blocks: Module[] = Array.from({ length: decoderDepth }, (_, i) =>
    named(`decoder_blocks.${i}`, transformerBlock({ size: width, heads, mlpRatio, epsilon: normEpsilon, init })),
  );
  const norm = named('decoder_norm', layerNorm({ size: width, epsilon: normEpsilon }));
  const out = named('decoder_pred', linear({ in: width, out: patchValues, ...init(width, patchValues) }));
  const body = sequence(...blocks, norm, out);
  const positions = sinCosPositions({ size: width, ...encoder.grid, classToken });
  const first = classToken ? 1 : 0;
  return {
    parameters: [
      { name: 'mask_token', shape: [1, 1, width], init: { kind: 'normal', std: 0.02 }, trainable: true, decay: false },
      {
        name: 'decoder_pos_embed',
        shape: [1, positions.length / width, width],
        init: { kind: 'values', values: positions },
        trainable: false,
        decay: false,
      },
      ...into.parameters,
      ...body.parameters,
    ],
    forward(scope, encoded, { kept, spread, patches }) {
      const tokens = into.forward(scope, encoded) as Tensor3D; // [N, (1 +) K, W]
      const [N, length] = tokens.shape;
      const seen = reshape(slice(tokens, [0, first, 0], [-1, length - first, -1]), [
        N * (length - first),
        width,
      ]) as Tensor2D;
      const maskToken = reshape(scope.read('mask_token'), [1, width]) as Tensor2D;
      const all = reshape(spreadRows(seen, maskToken, kept, spread), [N, patches, width]) as Tensor3D; // [N, L, W]
      const whole = classToken ? concat([slice(tokens, [0, 0, 0], [-1, 1, -1]), all], 1) : all;
      const painted = body.forward(scope, add(whole, scope.read('decoder_pos_embed'))) as Tensor3D;
      const patchesOnly = slice(painted, [0, first, 0], [-1, patches, -1]);
      return chosen.output === 'sigmoid' ? sigmoid(patchesOnly) : patchesOnly;
    },
  };
}
