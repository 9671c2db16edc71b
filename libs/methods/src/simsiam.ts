import { add, mean, mul, neg, type Scalar, sqrt, square, sub, sum, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';

import {
  activation,
  batchNorm,
  buildBackbone,
  linear,
  type Module,
  named,
  prefixScope,
  sequence,
  simsiamPrediction,
} from '#lib/nn';
import { l2Normalize, ShapeError } from '#lib/tensor';

import type { Method } from './method.ts';
import { stopGradient } from './stop-gradient.ts';

const options = z.strictObject({
  projectorLayers: z
    .int()
    .min(1)
    .max(4)
    .default(3)
    .describe('linear layers of the projector; the paper uses 2 on CIFAR'),
  projectorWidth: z.int().positive().default(2048).describe('size of every layer of the projector, and of its output'),
  predictorWidth: z.int().positive().default(512).describe('hidden size of the predictor, a bottleneck'),
  fixPredictorLearningRate: z
    .boolean()
    .default(true)
    .describe("keep the predictor's learning rate at its peak, without decay"),
});

/** torch's cosine similarity takes no norm for smaller than this. */
const cosineEpsilon = 1e-8;

/**
 * Negative cosine similarity, mean over the batch: D(p, z) = − p/‖p‖ · z/‖z‖ (eq. 1). z is a constant to the gradient.
 *
 * @param p predictions [N, D]
 * @param z projections of the other view [N, D]
 */
export function negativeCosine(p: Tensor2D, z: Tensor2D): Scalar {
  if (p.shape.join() !== z.shape.join())
    throw new ShapeError(`negativeCosine: p and z must share one shape [N, D], got [${p.shape}] and [${z.shape}]`);
  const cosine = sum(mul(l2Normalize(p, -1, cosineEpsilon), l2Normalize(stopGradient(z), -1, cosineEpsilon)), -1); // [N]
  return neg(mean(cosine));
}

/**
 * SimSiam's loss, ½ D(p₀, z₁) + ½ D(p₁, z₀) with a stop-gradient on z (eq. 2).
 * Chen and He 2020, https://arxiv.org/abs/2011.10566.
 * @returns [] in [−1, 1]; −1 when every prediction points where the other view's projection does
 */
export function simSiamLoss(p0: Tensor2D, p1: Tensor2D, z0: Tensor2D, z1: Tensor2D): Scalar {
  return mul(add(negativeCosine(p0, z1), negativeCosine(p1, z0)), 0.5);
}

/** Mean over dimensions of the standard deviation of l2-normalised rows: 1/√D when spread out, 0 when collapsed. */
export function normalisedStd(z: Tensor2D): Scalar {
  const unit = l2Normalize(stopGradient(z));
  return mean(sqrt(mean(square(sub(unit, mean(unit, 0))), 0)));
}

/** Siamese networks without negatives: a predictor and a stop-gradient keep them from collapsing. */
export const simsiam: Method<z.output<typeof options>> = {
  name: 'simsiam',
  title: 'SimSiam',
  family: 'matching',
  papers: ['https://arxiv.org/abs/2011.10566'],
  options,
  views: 2,
  build({ backbone, image, options: chosen }) {
    const { projectorLayers, projectorWidth, predictorWidth, fixPredictorLearningRate } = chosen;
    const built = buildBackbone(backbone.name, backbone.options, image);
    const encoder = named('encoder', built);
    const projector = named('projector', projection(built.featureSize, projectorWidth, projectorLayers));
    const predictor = named(
      'predictor',
      simsiamPrediction({ in: projectorWidth, hidden: predictorWidth, out: projectorWidth }),
    );
    return {
      parameters: [encoder, projector, predictor].flatMap(({ parameters }) => parameters),
      featureSize: built.featureSize,
      inputs: () => ({}),
      drawInputs: () => ({}),
      loss(scope, [view0, view1]) {
        if (!view0 || !view1) throw new ShapeError('simsiam: two views are needed');
        // One view after the other, as the authors do: batch statistics are each view's own.
        const z0 = projector.forward(scope, encoder.forward(scope, view0)) as Tensor2D;
        const z1 = projector.forward(scope, encoder.forward(scope, view1)) as Tensor2D;
        const [p0, p1] = [z0, z1].map((z) => predictor.forward(scope, z)) as [Tensor2D, Tensor2D];
        return { loss: simSiamLoss(p0, p1, z0, z1), terms: { embeddingStd: normalisedStd(z0) } };
      },
      features: (scope, images) => built.forward(prefixScope(scope, 'encoder'), images) as Tensor2D,
      learningRateOf: (name) => (fixPredictorLearningRate && name.startsWith('predictor.') ? 'constant' : 'scheduled'),
    };
  },
};

/** The projection MLP: layers with batch norm and ReLU, the last without ReLU and without scale and shift. */
function projection(inSize: number, width: number, layers: number): Module {
  const modules: Module[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const isLast = layer === layers - 1;
    modules.push(named(`layers.${3 * layer}`, linear({ in: layer === 0 ? inSize : width, out: width, bias: false })));
    modules.push(named(`layers.${3 * layer + 1}`, batchNorm({ size: width, ...(isLast && { affine: false }) })));
    if (!isLast) modules.push(activation('relu'));
  }
  return sequence(...modules);
}
