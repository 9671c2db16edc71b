import {
  grads,
  memory,
  mul,
  reshape,
  type Scalar,
  slice,
  type Tensor,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { findMethod, type MethodInstance } from '#lib/methods';
import { scopeOf } from '#lib/nn';

import { classifier, targetInput } from './classifier.ts';

/** An encoder of two weights: features are the means of two channels, each times its weight. */
const tiny: MethodInstance = {
  ...findMethod('simsiam').build({
    backbone: { name: 'resnet20-v2', options: {} },
    image: { height: 8, width: 8, channels: 3 },
    pixels: { mean: [0, 0, 0], std: [1, 1, 1] },
    options: {},
  }),
  parameters: ['encoder.w', 'projector.w'].map((name) => ({
    name,
    shape: [2],
    init: { kind: 'ones' } as const,
    trainable: true,
    decay: true,
  })),
  featureSize: 2,
  features: (scope, images) =>
    tidy(() => mul(slice(reshape(images, [images.shape[0], -1]), [0, 0], [-1, 2]), scope.read('encoder.w'))),
};
const tuned = classifier(tiny, 3);
const images = tensor4d([1, 2, 3, -1, 0.5, 2], [2, 1, 1, 3]);
const target = tensor2d([1, 0, 0, 0, 0, 1], [2, 3]);
const state = {
  'encoder.w': tensor1d([0.5, -0.25]),
  'classifier.weight': tensor2d([0.2, -0.1, 0.3, 0.4, 0, -0.5], [2, 3]),
  'classifier.bias': tensor1d([0.1, 0, -0.2]),
};
const lossOf = (of: Record<string, Tensor>): Scalar =>
  tuned.loss(scopeOf(of, true), [images], { [targetInput]: target }).loss;

test('has the parameters of the encoder and of the classifier, not of the heads that pretraining had', () => {
  expect(tuned.parameters.map(({ name }) => name)).toEqual(['encoder.w', 'classifier.weight', 'classifier.bias']);
  expect(tuned.inputs({ batch: 4 })).toEqual({ [targetInput]: { shape: [4, 3], dtype: 'float32' } });
});

test('the loss is the mean of −log softmax of the logits at the class', () => {
  const before = memory().numTensors;
  const logits = tidy(() => tuned.logits(scopeOf(state, false), images).arraySync() as number[][]);
  const negative = (row: number[], label: number) =>
    Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label]!;
  const loss = tidy(() => lossOf(state).dataSync()[0]!);
  expect(loss).toBeCloseTo((negative(logits[0]!, 0) + negative(logits[1]!, 2)) / 2, 6);
  expect(memory().numTensors).toBe(before);
});

test('its gradient reaches the encoder and agrees with differences', () => {
  const weight = state['encoder.w'];
  const at = (values: number[]) => tidy(() => lossOf({ ...state, 'encoder.w': tensor1d(values) }).dataSync()[0]!);
  const [gradient] = tidy(() =>
    grads((w: Tensor) => lossOf({ ...state, 'encoder.w': w }))([weight]).map((g) => Array.from(g.dataSync())),
  ) as [number[]];
  const h = 1e-2;
  expect(gradient[0]).toBeCloseTo((at([0.5 + h, -0.25]) - at([0.5 - h, -0.25])) / (2 * h), 4);
  expect(gradient[1]).toBeCloseTo((at([0.5, -0.25 + h]) - at([0.5, -0.25 - h])) / (2 * h), 4);
  expect(Math.abs(gradient[0]!)).toBeGreaterThan(1e-3);
});

test('refuses features of another width than the classifier was built for', () => {
  const wide = { ...state, 'classifier.weight': state['classifier.weight'] };
  const other = classifier({ ...tiny, featureSize: 5 }, 3);
  expect(() => other.loss(scopeOf(wide, true), [images], { [targetInput]: target })).toThrow('[..., 5]');
});
