import { mul, type Scalar, type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { backbones, buildBackbone, named, projection } from '#lib/nn';

import { barlowTwinsLoss } from './barlow-twins/loss.ts';
import { embeddingStdOfViews } from './embedding-std.ts';
import { type BuildArguments, defineMethod, type MethodInstance, needTwoImages } from './method.ts';

const optionsSchema = z.strictObject({
  projectorWidths: z
    .array(z.int().min(1))
    .min(1)
    .default([8192, 8192, 8192])
    .describe('numbers out of each layer of the projector, one a layer; the last is the size of a projection'),
  lambda: z.number().positive().default(0.0051).describe('λ: weight of the off-diagonal terms'),
  scale: z
    .number()
    .positive()
    .default(1)
    .describe('factor of the whole loss; Adam and parameters scaled by LARS do not see it, biases and norms do'),
});
export type BarlowTwinsOptions = z.output<typeof optionsSchema>;

/**
 * Barlow Twins: two views of an image, one encoder; each number of a projection should be equal for both views and
 * uncorrelated with every other number. Nothing is contrasted, stopped or averaged.
 *
 * Zbontar et al. 2021, https://arxiv.org/abs/2103.03230. Views pass through the encoder one after the other, as in the authors'
 * code. The projector's layers have no bias, and the last no ReLU; the batch norm before the cross-correlation has no scale
 * and shift. The authors' lower learning rate of biases and norms is LARS's `biasLearningRateFactor`.
 */
export const barlowTwins = defineMethod({
  name: 'barlow-twins',
  title: 'Barlow Twins',
  family: 'matching',
  papers: ['https://arxiv.org/abs/2103.03230'],
  options: optionsSchema,
  views: 2,
  backbones: Object.keys(backbones),
  build,
});

function build({ backbone, image, options }: BuildArguments<BarlowTwinsOptions>): MethodInstance {
  const network = buildBackbone(backbone.name, backbone.options, image);
  const encoder = named('encoder', network);
  const projector = named(
    'projector',
    projection({ in: network.featureSize, widths: options.projectorWidths, lastNorm: 'none', lastBias: false }),
  );
  return {
    parameters: [...encoder.parameters, ...projector.parameters],
    featureSize: network.featureSize,
    encoder: network,
    inputs: ({ batch }) => {
      needTwoImages('barlow-twins', batch);
      return {};
    },
    drawInputs: () => ({}),
    loss: (scope, views) =>
      tidy(() => {
        const project = (view: Tensor4D) => projector.forward(scope, encoder.forward(scope, view)) as Tensor2D;
        const [z1, z2] = views.map(project) as [Tensor2D, Tensor2D];
        const { loss, onDiagonal, offDiagonal } = barlowTwinsLoss(z1, z2, options.lambda);
        const terms = { onDiagonal, offDiagonal, embeddingStd: embeddingStdOfViews(z1, z2) };
        return { loss: mul(loss, options.scale) as Scalar, terms };
      }),
    features: (scope, images) => encoder.forward(scope, images) as Tensor2D,
  };
}
