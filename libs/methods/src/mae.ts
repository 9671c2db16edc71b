import {
  add,
  image as imageOps,
  mul,
  reshape,
  slice,
  type Tensor,
  tensor1d,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';
import { buildBackbone, type ImageSize, patchify, prefixScope, unpatchify, type VisionTransformer } from '#lib/nn';
import { meanOver, ShapeError } from '#lib/tensor';

import { denormalisePatches, maeLoss, normalisePatches, removedAbsoluteError } from './mae/loss.ts';
import { drawMasks, keptPatches } from './mae/masking.ts';
import { maeModel } from './mae/model.ts';
import { type BuildArguments, defineMethod, type MethodInstance } from './method.ts';
import { stopGradient } from './stop-gradient.ts';

const optionsSchema = z.strictObject({
  maskRatio: z.number().gt(0).lt(1).default(0.75).describe('part of the patches that is removed'),
  normPix: z.boolean().default(true).describe('predict each patch normalised by its own mean and variance'),
  decoderWidth: z.int().min(4).multipleOf(4).default(512).describe("numbers in a decoder's token, a multiple of 4"),
  decoderDepth: z.int().min(1).default(8).describe('transformer blocks of the decoder'),
  decoderHeads: z.int().min(1).default(16).describe('attention heads of the decoder; must divide decoderWidth'),
  decoderMlpRatio: z.number().positive().default(4).describe("hidden size of the decoder's MLPs over its width"),
  head: z
    .enum(['linear', 'sigmoid'])
    .default('linear')
    .describe('what makes pixels of the last tokens; sigmoid: pixels in 0..1 are predicted, without normPix'),
  resize: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('side that images are resized to first, bilinear; null: not'),
  pooling: z
    .enum(['mean', 'cls'])
    .default('mean')
    .describe("features: the mean of the patches' last tokens, or the class token"),
});
export type MaeOptions = z.output<typeof optionsSchema>;

/**
 * Masked autoencoder: most patches of an image are removed, a vision transformer sees the rest, and a small decoder
 * predicts the pixels of the removed ones.
 *
 * He et al. 2021, https://arxiv.org/abs/2111.06377. Defaults are the paper's ViT recipe with normalised targets (the
 * command line of the authors' code has them off). Differs from it: the patches are chosen before they are embedded, and a
 * backbone without class token or with learned positions is trained as it is.
 */
export const mae = defineMethod({
  name: 'mae',
  title: 'Masked autoencoder',
  family: 'masking',
  papers: ['https://arxiv.org/abs/2111.06377'],
  options: optionsSchema,
  views: 1,
  backbones: ['vit-tiny', 'vit-small', 'vit-base', 'vit-report'],
  build,
});

function build({ backbone, image, pixels, options }: BuildArguments<MaeOptions>): MethodInstance {
  const { maskRatio, normPix, resize } = options;
  const size = resize === null ? image : { ...image, height: resize, width: resize };
  const encoder = buildBackbone(backbone.name, backbone.options, size) as VisionTransformer;
  checkTogether(encoder, options);
  const { patchSize } = encoder.options;
  const patches = encoder.grid.rows * encoder.grid.columns;
  const keep = keptPatches(patches, maskRatio);
  const model = maeModel(encoder, {
    width: options.decoderWidth,
    depth: options.decoderDepth,
    heads: options.decoderHeads,
    mlpRatio: options.decoderMlpRatio,
    head: options.head,
  });
  const prepare = (images: Tensor4D) => resized(images, image, resize);
  const targetOf = (images: Tensor4D): Tensor => {
    if (options.head === 'sigmoid') return patchify(pixelsOf(images, pixels), patchSize);
    return normPix ? normalisePatches(patchify(images, patchSize)) : patchify(images, patchSize);
  };
  return {
    parameters: model.parameters,
    featureSize: encoder.featureSize,
    encoder,
    isMeanOverImages: true, // the same number of patches is removed of each
    inputs: ({ batch }) => ({
      kept: { shape: [batch, keep], dtype: 'int32' },
      restore: { shape: [batch, patches], dtype: 'int32' },
    }),
    drawInputs: (args) => ({ ...drawMasks({ ...args, patches, keep }) }),
    completion: {
      side: size.height,
      patchSize,
      isNormalised: normPix,
      complete: (scope, images, inputs) =>
        tidy(() => {
          const prepared = prepare(images);
          const cut = patchify(prepared, patchSize); // [N, L, P·P·C]
          const { kept, restore } = inputs as { kept: Tensor; restore: Tensor };
          const { prediction, mask } = model.reconstruct(scope, cut, kept, restore);
          const restored = normPix ? denormalisePatches(prediction, cut) : prediction;
          const image = unpatchify(restored, patchSize, size) as Tensor4D;
          return {
            original: pixelsOf(prepared, pixels),
            predicted: options.head === 'sigmoid' ? image : pixelsOf(image, pixels),
            mask: mask as Tensor2D,
            loss: maeLoss(prediction, targetOf(prepared), mask),
          };
        }),
    },
    loss: (scope, views, inputs) =>
      tidy(() => {
        const images = prepare(views[0] as Tensor4D);
        const cut = patchify(images, patchSize); // [N, L, P·P·C]
        const { kept, restore } = inputs as { kept: Tensor; restore: Tensor };
        const { prediction, mask } = model.reconstruct(scope, cut, kept, restore);
        const target = targetOf(images);
        const meanAbsoluteError = removedAbsoluteError(stopGradient(prediction), target, mask);
        return { loss: maeLoss(prediction, target, mask), terms: { meanAbsoluteError } };
      }),
    features: (scope, images) =>
      tidy(() => pooled(encoder, encoder.tokens(prefixScope(scope, 'encoder'), prepare(images)), options.pooling)),
  };
}

function checkTogether({ name, options: encoder }: VisionTransformer, options: MaeOptions): void {
  const { decoderWidth, decoderHeads, head, normPix, pooling } = options;
  const refuse = (field: string, message: string, remedy: string) => {
    throw new UsageError(`mae: ${message}`, { field, remedy });
  };
  if (decoderWidth % decoderHeads !== 0)
    refuse(
      'method.options.decoderHeads',
      `${decoderHeads} decoderHeads don't divide a decoderWidth of ${decoderWidth}`,
      `use ${nearestDivisors(decoderWidth, decoderHeads).join(' or ')} heads`,
    );
  if (head === 'sigmoid' && normPix)
    refuse(
      'method.options.head',
      'a sigmoid head gives 0..1, but normalised targets (normPix) are of any size',
      'set normPix to false, or head to linear',
    );
  if (pooling === 'cls' && !encoder.classToken)
    refuse(
      'method.options.pooling',
      `pooling is cls, but ${name} has no class token`,
      'set pooling to mean, or backbone.options.classToken to true',
    );
  if (encoder.pool === 'avg')
    refuse(
      'backbone.options.pool',
      'pool is avg, whose norm comes after the mean and would not be trained',
      'set backbone.options.pool to norm-avg or token',
    );
}

/** The divisors of `value` next below and next above `wanted`. */
function nearestDivisors(value: number, wanted: number): number[] {
  const divisors = Array.from({ length: value }, (_, i) => i + 1).filter((divisor) => value % divisor === 0);
  const nearest = [divisors.findLast((divisor) => divisor < wanted), divisors.find((divisor) => divisor > wanted)];
  return nearest.filter((divisor) => divisor !== undefined);
}

function resized(images: Tensor4D, { height, width, channels }: ImageSize, side: number | null): Tensor4D {
  if (images.shape.slice(1).join() !== [height, width, channels].join())
    throw new ShapeError(`mae: images must be [N, ${height}, ${width}, ${channels}], got [${images.shape.join(', ')}]`);
  return side === null ? images : imageOps.resizeBilinear(images, [side, side], false, true);
}

/** Normalised images as pixels in 0..1 again, where a sigmoid can reach them. [N, H, W, C] */
function pixelsOf(images: Tensor4D, { mean, std }: BuildArguments<MaeOptions>['pixels']): Tensor4D {
  return add(mul(images, tensor1d([...std])), tensor1d([...mean]));
}

/** [N, (1 +) L, D] → [N, D] */
function pooled(
  { options: { classToken } }: VisionTransformer,
  tokens: Tensor,
  pooling: MaeOptions['pooling'],
): Tensor2D {
  const [N, length, D] = tokens.shape as [number, number, number];
  if (pooling === 'cls') return reshape(slice(tokens, [0, 0, 0], [N, 1, D]), [N, D]);
  const first = classToken ? 1 : 0;
  return meanOver(slice(tokens, [0, first, 0], [N, length - first, D]), [1]) as Tensor2D;
}
