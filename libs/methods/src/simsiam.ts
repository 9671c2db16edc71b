import { type Tensor2D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { backbones, buildBackbone, named, simsiamPrediction } from '#lib/nn';

import { embeddingStdOfViews } from './embedding-std.ts';
import { type BuildArguments, defineMethod, type MethodInstance, needTwoImages } from './method.ts';
import { simSiamLoss } from './simsiam/loss.ts';
import { simsiamProjector } from './simsiam/projector.ts';

const optionsSchema = z.strictObject({
  projectorLayers: z
    .union([z.literal(2), z.literal(3)])
    .default(3)
    .describe('layers of the projector; the paper has 2 on CIFAR'),
  projectorWidth: z.int().min(1).default(2048).describe('numbers in a projection and in the layers before it'),
  predictorWidth: z.int().min(1).default(512).describe("hidden size of the predictor's bottleneck"),
  fixPredictorLearningRate: z
    .boolean()
    .default(true)
    .describe('keep the predictor at the peak learning rate, without schedule'),
});
export type SimSiamOptions = z.output<typeof optionsSchema>;

/**
 * SimSiam: two views of an image, one encoder; each view's projection is predicted from the other's, and the
 * stop-gradient on the predicted side keeps the encoder from collapsing without negatives or a second network.
 *
 * Chen & He 2020, https://arxiv.org/abs/2011.10566. Views pass through the encoder one after the other, as in the authors' code, so
 * batch norm takes the statistics of each view alone. The predictor's learning rate is constant by default (section 4.2 (c)
 * and the command in the authors' README; their code makes it an option).
 */
export const simsiam = defineMethod({
  name: 'simsiam',
  title: 'SimSiam',
  family: 'matching',
  papers: ['https://arxiv.org/abs/2011.10566'],
  options: optionsSchema,
  views: 2,
  backbones: Object.keys(backbones),
  build,
});

function build({ backbone, image, options }: BuildArguments<SimSiamOptions>): MethodInstance {
  const { projectorLayers, projectorWidth, predictorWidth } = options;
  const network = buildBackbone(backbone.name, backbone.options, image);
  const encoder = named('encoder', network);
  const projector = named(
    'projector',
    simsiamProjector({ in: network.featureSize, width: projectorWidth, layers: projectorLayers }),
  );
  const predictor = named(
    'predictor',
    simsiamPrediction({ in: projectorWidth, hidden: predictorWidth, out: projectorWidth }),
  );
  return {
    parameters: [encoder, projector, predictor].flatMap(({ parameters }) => parameters),
    featureSize: network.featureSize,
    encoder: network,
    inputs: ({ batch }) => {
      needTwoImages('simsiam', batch);
      return {};
    },
    drawInputs: () => ({}),
    loss: (scope, views) =>
      tidy(() => {
        const project = (view: Tensor4D) => projector.forward(scope, encoder.forward(scope, view)) as Tensor2D;
        const [z1, z2] = views.map(project) as [Tensor2D, Tensor2D];
        const [p1, p2] = [z1, z2].map((z) => predictor.forward(scope, z)) as [Tensor2D, Tensor2D];
        return { loss: simSiamLoss(p1, p2, z1, z2), terms: { embeddingStd: embeddingStdOfViews(z1, z2) } };
      }),
    features: (scope, images) => encoder.forward(scope, images) as Tensor2D,
    learningRateOf: (name) =>
      options.fixPredictorLearningRate && name.startsWith('predictor.') ? 'constant' : 'scheduled',
  };
}
