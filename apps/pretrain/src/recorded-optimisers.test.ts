import { type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { optimiserSchema } from '#lib/contracts';
import { buildStep, type StepFunction } from '#lib/engine';
import { buildOptimiser, clipGlobalNorm, type Optimiser, type ParameterGroup } from '#lib/optim';

const shape = [4, 3];
const size = 12;
const values = (seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed));
const build = (options: object) => buildOptimiser(optimiserSchema.parse(options));

const optimisers: [name: string, optimiser: Optimiser, group?: ParameterGroup][] = [
  ['sgd', build({ name: 'sgd', momentum: 0 })],
  ['sgd with momentum', build({ name: 'sgd' })],
  ['sgd with Nesterov momentum', build({ name: 'sgd', nesterov: true })],
  ['adam', build({ name: 'adam' })],
  ['adamw', build({ name: 'adamw', beta2: 0.95 })],
  ['lars', build({ name: 'lars', trustCoefficient: 0.02 })],
  ['lars, clipped by the learning rate', build({ name: 'lars', trustCoefficient: 0.02, clip: true })],
  ['lars of timm with Nesterov momentum', build({ name: 'lars', rule: 'timm', nesterov: true })],
  ['lars of MoCo v3', build({ name: 'lars', trustCoefficient: 0.02, rule: 'moco-v3' })],
  ['lars of biases', build({ name: 'lars', biasLearningRateFactor: 0.024 }), 'unscaled'],
  ['lamb', build({ name: 'lamb' })],
  ['lamb, clipped', build({ name: 'lamb', clip: true })],
  ['lamb of biases', build({ name: 'lamb' }), 'unscaled'],
];

/** Ten steps; gradient, learning rate and the optimiser's numbers change at each. */
function tenSteps(
  optimiser: Optimiser,
  engine: 'captured' | 'eager',
  group: ParameterGroup,
): Record<string, Float32Array> {
  const scalarNames = Object.keys(optimiser.scalars(1));
  const pick = <T>(names: string[], from: Record<string, Tensor>) =>
    Object.fromEntries(names.map((name) => [name, from[name]])) as Record<string, T>;
  const fn: StepFunction = (state, inputs) => {
    const { parameter, slots } = optimiser.update({
      parameter: state['parameter'] as Tensor,
      gradient: inputs['gradient'] as Tensor,
      slots: pick<Tensor>(optimiser.slots, state),
      learningRate: inputs['learningRate'] as Scalar,
      scalars: pick<Scalar>(scalarNames, inputs),
      weightDecay: group === 'weights' ? 0.05 : 0,
      group,
    });
    return { state: { parameter, ...slots }, outputs: {} };
  };
  const fed = ['learningRate', ...scalarNames].map(
    (name) => [name, { shape: [] as number[], dtype: 'float32' as const }] as const,
  );
  const slots = optimiser.slots.map((slot) => [slot, { shape, values: new Float32Array(size) }] as const);
  const step = buildStep(fn, {
    engine,
    state: { parameter: { shape, values: values(0) }, ...Object.fromEntries(slots) },
    inputs: { gradient: { shape, dtype: 'float32' }, ...Object.fromEntries(fed) },
  });
  for (let i = 1; i <= 10; i++) {
    const inputs = { gradient: values(i), learningRate: Float32Array.of(0.1 / i) };
    const scalars = Object.entries(optimiser.scalars(i)).map(
      ([name, value]) => [name, Float32Array.of(value)] as const,
    );
    step.run({ ...inputs, ...Object.fromEntries(scalars) });
  }
  const state = step.readState();
  step.dispose();
  return state;
}

test.each(optimisers)('%s: ten recorded steps end where ten eager ones do', (_, optimiser, group = 'weights') => {
  const [eager, captured] = [tenSteps(optimiser, 'eager', group), tenSteps(optimiser, 'captured', group)];
  expect(Object.keys(captured)).toEqual(['parameter', ...optimiser.slots]);
  for (const [name, want] of Object.entries(eager))
    want.forEach((value, i) =>
      expect(Math.abs(captured[name]![i]! - value)).toBeLessThan(1e-6 + 4e-6 * Math.abs(value)),
    );
});

test('gradients are clipped by each step’s own norm, recorded as eager: active in one step and not in the next', () => {
  const run = (engine: 'captured' | 'eager') => {
    const step = buildStep(
      (_, { a, b }) => {
        const { gradients, norm } = clipGlobalNorm([a as Tensor, b as Tensor], 1);
        return { state: {}, outputs: { a: gradients[0] as Tensor, b: gradients[1] as Tensor, norm } };
      },
      { engine, state: {}, inputs: { a: { shape, dtype: 'float32' }, b: { shape, dtype: 'float32' } } },
    );
    const outputs = [0.01, 1, 100].map((size) =>
      step.run({ a: values(1).map((value) => size * value), b: values(2).map((value) => size * value) }),
    );
    step.dispose();
    return outputs;
  };
  const [eager, captured] = [run('eager'), run('captured')];
  captured.forEach((outputs, i) => {
    for (const name of ['a', 'b', 'norm'])
      outputs[name]!.forEach((value, k) => expect(value).toBeCloseTo(eager[i]![name]![k]!, 4));
    const joint = Math.hypot(...outputs['a']!, ...outputs['b']!);
    expect(joint).toBeCloseTo(Math.min(1, outputs['norm']![0]!), 4);
  });
});
