import { mul } from '@tensorflow/tfjs-core';

import { l2Normalize, product } from '#lib/tensor';

import { torchUniform } from '../initialiser.ts';
import { linear, type LinearOptions } from '../layers/linear.ts';
import { type Initialiser, type Module, named, sequence } from '../module.ts';

import { type HeadOptions } from './simsiam-projection.ts';

export interface DinoProjectionOptions extends HeadOptions {
  /** Size of the l2-normalised layer before the last. */
  bottleneck: number;
}

/**
 * DINO's projection head: "a 3-layer multi-layer perceptron (MLP) with hidden dimension 2048 followed by l2 normalization
 * and a weight normalized fully connected layer with K dimensions". Caron et al. 2021, https://arxiv.org/abs/2104.14294,
 * section 3.1. Exact GELU, no batch norm; the norms of the last layer's weights stay 1. [N, in] → [N, out].
 */
export function dinoProjection({ in: inSize, hidden, bottleneck, out }: DinoProjectionOptions): Module {
  const init: Initialiser = { kind: 'normal', std: 0.02 };
  const layer = (from: number, to: number, then: Pick<LinearOptions, 'activation'> = {}) =>
    linear({ in: from, out: to, init, biasInit: { kind: 'zeros' }, ...then });
  return sequence(
    named('layers.0', layer(inSize, hidden, { activation: 'gelu' })),
    named('layers.2', layer(hidden, hidden, { activation: 'gelu' })),
    named('layers.4', layer(hidden, bottleneck)),
    { parameters: [], forward: (_scope, x) => l2Normalize(x) },
    named('last_layer', weightNormedLinear(bottleneck, out)),
  );
}

/** y = x W, column c of W being g_c v_c / ‖v_c‖ with g fixed at 1; `weight_g` [1, out], `weight_v` [in, out]. */
function weightNormedLinear(inSize: number, out: number): Module {
  return {
    parameters: [
      { name: 'weight_g', shape: [1, out], init: { kind: 'ones' }, trainable: false, decay: false },
      { name: 'weight_v', shape: [inSize, out], init: torchUniform(inSize), trainable: true, decay: true },
    ],
    forward(scope, x) {
      const weight = mul(l2Normalize(scope.read('weight_v'), 0), scope.read('weight_g'));
      return product(x, weight);
    },
  };
}
