import { memory, scalar, tensor1d, zeros } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { optimiserSchema, UsageError } from '#lib/contracts';

import { buildOptimiser, clipGlobalNorm, type Optimiser } from './index.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

/** The parameter after one step from slots of zero. */
function oneStep(optimiser: Optimiser, parameter: number[], gradient: number[], weightDecay: number): number[] {
  const values = [tensor1d(parameter), tensor1d(gradient)] as const;
  const learningRate = scalar(0.1);
  const slots = Object.fromEntries(optimiser.slots.map((slot) => [slot, zeros([parameter.length])]));
  const scalars = Object.fromEntries(Object.entries(optimiser.scalars(1)).map(([name, v]) => [name, scalar(v)]));
  const next = optimiser.update({
    parameter: values[0],
    gradient: values[1],
    slots,
    learningRate,
    scalars,
    weightDecay,
  });
  const result = Array.from(next.parameter.dataSync(), (value) => Math.round(value * 1e5) / 1e5);
  const made = [next.parameter, ...Object.values(next.slots)];
  for (const used of [...values, learningRate, ...Object.values(slots), ...Object.values(scalars), ...made])
    used.dispose();
  return result;
}

const build = (options: unknown) => buildOptimiser(optimiserSchema.parse(options));

test.each(['sgd', 'adam', 'adamw'])('%s holds no state of its own: equal arguments give equal updates', (name) => {
  const optimiser = build({ name });
  const step = () => oneStep(optimiser, [1, -2], [0.5, 0.25], 0.1);
  expect(step()).toEqual(step());
});

test('decay pulls towards zero without a gradient: through the gradient in sgd, beside it in adamw', () => {
  expect(oneStep(build({ name: 'sgd' }), [1, -2], [0, 0], 0.5)).toEqual([0.95, -1.9]);
  expect(oneStep(build({ name: 'adamw' }), [1, -2], [0, 0], 0.5)).toEqual([0.95, -1.9]);
  // Adam divides by the gradient's size, so coupled decay moves each parameter by the learning rate.
  expect(oneStep(build({ name: 'adam' }), [1, -2], [0, 0], 0.5)).toEqual([0.9, -1.9]);
});

test.each(['sgd', 'adam', 'adamw'])('%s leaves a parameter without gradient and decay where it is', (name) => {
  expect(oneStep(build({ name }), [1, -2], [0, 0], 0)).toEqual([1, -2]);
});

test("Adam's first step has the size of the learning rate, whatever the gradient's", () => {
  expect(oneStep(build({ name: 'adam' }), [1, 1, 1], [1e-3, 1, -1e3], 0)).toEqual([0.9, 0.9, 1.1]);
});

test('sgd without momentum keeps no slot', () => {
  expect(build({ name: 'sgd', momentum: 0 }).slots).toEqual([]);
});

test('refuses Nesterov without momentum, naming the option', () => {
  const wrong = () => build({ name: 'sgd', momentum: 0, nesterov: true });
  expect(wrong).toThrow(UsageError);
  expect(wrong).toThrow(/nesterov needs a momentum above 0/);
});

test('refuses options that the optimiser does not have', () => {
  expect(() => optimiserSchema.parse({ name: 'sgd', beta1: 0.9 })).toThrow(/beta1/);
  expect(() => optimiserSchema.parse({ name: 'lion' })).toThrow();
});

test('clipping leaves no gradient of zero as NaN', () => {
  const gradients = [zeros([3]), zeros([2])];
  const clipped = clipGlobalNorm(gradients, 1);
  expect([...clipped.gradients[0]!.dataSync(), ...clipped.norm.dataSync()]).toEqual([0, 0, 0, 0]);
  for (const used of [...gradients, ...clipped.gradients, clipped.norm]) used.dispose();
});
