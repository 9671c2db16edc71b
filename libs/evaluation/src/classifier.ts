import {
  logSoftmax,
  mean,
  mul,
  neg,
  type Scalar,
  sum,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';

import type { MethodInstance } from '#lib/methods';
import { linear, named, type Scope } from '#lib/nn';

/** An encoder with a linear classifier on its features, to be trained end to end. */
export interface Classifier extends MethodInstance {
  /** Logits of images [N, H, W, C]: [N, K]. */
  logits(scope: Scope, images: Tensor4D): Tensor2D;
}

/** Name of the input that holds the classes of a batch, one-hot. */
export const targetInput = 'target';

/**
 * Fine-tuning as a method of its own, so that the training step of pretraining trains it: cross-entropy of softmax(f(x) W + b), f the
 * encoder of `instance` with batch statistics in training. Input `target` is the one-hot class, float32 [N, K]. Weights of the
 * classifier start small, so that the first gradients of the encoder are.
 */
export function classifier(instance: MethodInstance, classes: number): Classifier {
  const head = named(
    'classifier',
    linear({
      in: instance.featureSize,
      out: classes,
      init: { kind: 'truncated-normal', std: 0.01 },
      biasInit: { kind: 'zeros' },
    }),
  );
  const encoder = instance.parameters.filter(({ name }) => name.startsWith('encoder.'));
  const logits = (scope: Scope, images: Tensor4D) => head.forward(scope, instance.features(scope, images)) as Tensor2D;
  return {
    parameters: [...encoder, ...head.parameters],
    featureSize: instance.featureSize,
    encoder: instance.encoder,
    inputs: ({ batch }) => ({ [targetInput]: { shape: [batch, classes], dtype: 'float32' } }),
    drawInputs: () => ({}),
    loss: (scope, [images], inputs) =>
      tidy(() => {
        const logProbability = logSoftmax(logits(scope, images as Tensor4D)); // [N, K]
        const likelihood = sum(mul(logProbability, inputs[targetInput] as Tensor2D), 1); // [N]
        return { loss: neg(mean(likelihood)) as Scalar, terms: {} };
      }),
    features: instance.features,
    logits,
  };
}
