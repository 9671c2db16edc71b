import { add, memory, mul, type Scalar, square, sum, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { optimiserSchema } from '#lib/contracts';
import { type MethodInstance } from '#lib/methods';
import { buildBackbone, type ParameterSpec } from '#lib/nn';
import { adamw, buildOptimiser, type Optimiser, sgd } from '#lib/optim';

import { slotName, type TensorMap, trainingStep } from './training-step.ts';

const parameter = (name: string, changes: Partial<ParameterSpec> = {}): ParameterSpec => ({
  name,
  shape: [2],
  init: { kind: 'zeros' },
  trainable: true,
  decay: true,
  ...changes,
});

/** loss = Σ weight² / 2 + Σ bias² / 2 + 0 · Σ x, and a buffer that counts; the gradient of each parameter is itself. */
const instance: MethodInstance = {
  parameters: [
    parameter('weight'),
    parameter('bias', { decay: false }),
    parameter('predictor'),
    parameter('seen', { shape: [], trainable: false, decay: false }),
  ],
  inputs: ({ batch }) => ({ scale: { shape: [batch], dtype: 'float32' } }),
  drawInputs: () => ({}),
  loss: (scope, [x], inputs) => {
    const half = (name: string) => mul(sum(square(scope.read(name))), 0.5);
    const seen = scope.read('seen');
    scope.write('seen', add(seen, sum(inputs['scale'] as Tensor)));
    const brightness: Scalar = sum(x as Tensor);
    const loss: Scalar = add(add(half('weight'), half('bias')), add(half('predictor'), mul(brightness, 0)));
    return { loss, terms: { views: brightness, total: loss } };
  },
  features: () => {
    throw new Error('a training step asks for no features');
  },
  featureSize: 2,
  encoder: buildBackbone('resnet18', { width: 1 }, { height: 1, width: 1, channels: 3 }), // for tables alone
  learningRateOf: (name) => (name === 'predictor' ? 'constant' : 'scheduled'),
};

const build = (
  optimiser: Optimiser,
  weightDecay = 0,
  method = instance,
  gradientClip: { norm: number } | null = null,
) =>
  trainingStep({
    gradientClip,
    instance: method,
    optimiser,
    weightDecay,
    batch: 2,
    views: [{ height: 1, width: 1, channels: 3 }],
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.5, 0.5],
  });

const start = { weight: [3, 4], bias: [1, 2], predictor: [2, 4], seen: 5 };
const fed = { view0: [255, 0, 0, 255, 255, 0], scale: [1, 2], learningRate: 0.1, peakLearningRate: 0.5 };
const shapes: Record<string, number[]> = { view0: [2, 1, 1, 3] };

/** One step, read out; checks that it leaves no tensor behind. */
function once(optimiser: Optimiser, weightDecay = 0, method = instance, gradientClip: { norm: number } | null = null) {
  const { fn, state: sizes } = build(optimiser, weightDecay, method, gradientClip);
  const make = (values: Record<string, number | number[]>): TensorMap =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(value, shapes[name])]));
  const slots = Object.fromEntries(
    Object.entries(sizes)
      .filter(([name]) => !(name in start))
      .map(([name]) => [name, [0, 0]]),
  );
  const [state, inputs] = [make({ ...start, ...slots }), make({ ...fed, ...optimiser.scalars(1) })];
  const before = memory().numTensors;
  const after = fn(state, inputs);
  const made = Object.keys(after.state).length + Object.keys(after.outputs).length;
  expect(memory().numTensors - before).toBe(made);
  const read = (tensors: TensorMap) =>
    Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, Array.from(value.dataSync())]));
  const values = { state: read(after.state), outputs: read(after.outputs) };
  for (const map of [after.state, after.outputs, state, inputs])
    for (const value of Object.values(map)) value.dispose();
  expect(memory().numTensors).toBe(before - Object.keys(state).length - Object.keys(inputs).length);
  return values;
}

const close = (got: number[] | undefined, want: number[]) => {
  expect(got).toHaveLength(want.length);
  want.forEach((value, i) => expect(got?.[i]).toBeCloseTo(value, 5));
};
const plain = sgd({ momentum: 0, nesterov: false });

test('moves scheduled parameters by the learning rate and constant ones by its peak', () => {
  const { state } = once(plain);
  close(state['weight'], [2.7, 3.6]);
  close(state['bias'], [0.9, 1.8]);
  close(state['predictor'], [1, 2]);
});

test('weight decay reaches parameters that decay, and no others', () => {
  const { state } = once(plain, 0.5);
  close(state['weight'], [3 - 0.1 * 4.5, 4 - 0.1 * 6]);
  close(state['bias'], [0.9, 1.8]);
});

test('the loss, the norm of all gradients together and the terms come out, also a term that is the loss', () => {
  const { outputs } = once(plain);
  close(outputs['loss'], [(25 + 5 + 20) / 2]);
  close(outputs['gradientNorm'], [Math.sqrt(50)]);
  close(outputs['term/total'], [25]);
  expect(Object.keys(outputs).sort()).toEqual(['gradientNorm', 'loss', 'term/total', 'term/views']);
});

test('gradients are scaled down to the joint norm that is allowed, and the norm before is shown', () => {
  const norm = Math.sqrt(50);
  const { state, outputs } = once(plain, 0, instance, { norm: norm / 2 });
  close(state['weight'], [3 - 0.1 * 1.5, 4 - 0.1 * 2]);
  close(state['bias'], [1 - 0.1 * 0.5, 2 - 0.1]);
  close(state['predictor'], [2 - 0.5, 4 - 0.5 * 2]);
  close(outputs['gradientNorm'], [norm]);
  expect(once(plain, 0, instance, { norm: 2 * norm }).state).toEqual(once(plain).state);
});

test('lars scales what decays and leaves the rest as it is', () => {
  const lars = buildOptimiser(optimiserSchema.parse({ name: 'lars', momentum: 0, trustCoefficient: 0.5 }));
  const { state } = once(lars);
  close(state['weight'], [3 - 0.1 * 1.5, 4 - 0.1 * 2]); // gradient = weight, so trust is the coefficient
  close(state['bias'], [0.9, 1.8]);
});

test('views arrive normalised by channel', () => {
  // (1 - 0.5) / 0.25 = 2 in the first channel, ±1 in the others
  close(once(plain).outputs['term/views'], [2 + -1 + -1 + (2 + 1 + -1)]);
});

test('buffers are written by the method alone, and optimisers keep no slot for them', () => {
  const { state } = once(sgd({ momentum: 0.9, nesterov: false }));
  close(state['seen'], [8]);
  close(state[slotName('momentum', 'weight')], [3, 4]);
  expect(Object.keys(state).sort()).toEqual(
    ['bias', 'momentum/bias', 'momentum/predictor', 'momentum/weight', 'predictor', 'seen', 'weight'].sort(),
  );
});

test('says what it takes: state with slots, views as bytes, the method’s inputs and the optimiser’s numbers', () => {
  const optimiser = adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  const { state, inputs } = build(optimiser);
  expect(state['seen']).toEqual([]);
  for (const slot of optimiser.slots) expect(state[slotName(slot, 'bias')]).toEqual([2]);
  expect(inputs).toMatchObject({
    view0: { shape: [2, 1, 1, 3], dtype: 'uint8' },
    scale: { shape: [2], dtype: 'float32' },
    learningRate: { shape: [], dtype: 'float32' },
    peakLearningRate: { shape: [], dtype: 'float32' },
  });
  for (const name of Object.keys(optimiser.scalars(1))) expect(inputs[name]).toEqual({ shape: [], dtype: 'float32' });
  expect(Object.keys(once(optimiser).state)).toHaveLength(4 + 3 * optimiser.slots.length);
});

test('state that is written back or shown unchanged belongs to the caller still', () => {
  const unchanged: MethodInstance = {
    ...instance,
    loss: (scope, views, inputs) => {
      const seen = scope.read('seen');
      const { loss } = instance.loss({ ...scope, write: () => undefined }, views, inputs);
      scope.write('seen', seen);
      return { loss, terms: { seen: seen as Scalar, again: seen as Scalar } };
    },
  };
  const { state, outputs } = once(plain, 0, unchanged);
  expect([state['seen'], outputs['term/seen'], outputs['term/again']]).toEqual([[5], [5], [5]]);
});
