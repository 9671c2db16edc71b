import { memory, scalar, type Tensor, tensor1d, tidy, zeros } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { optimiserSchema, UsageError } from '#lib/contracts';

import { buildOptimiser, clipGlobalNorm, type Optimiser, type ParameterGroup } from './index.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

/** The parameter after one step from slots of zero. */
function oneStep(
  optimiser: Optimiser,
  parameter: number[],
  gradient: number[],
  weightDecay: number,
  group: ParameterGroup = 'weights',
): number[] {
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
    group,
  });
  const result = Array.from(next.parameter.dataSync(), (value) => Math.round(value * 1e5) / 1e5);
  const made = [next.parameter, ...Object.values(next.slots)];
  for (const used of [...values, learningRate, ...Object.values(slots), ...Object.values(scalars), ...made])
    used.dispose();
  return result;
}

const build = (options: unknown) => buildOptimiser(optimiserSchema.parse(options));

test.each(['sgd', 'adam', 'adamw', 'lars', 'lamb'])(
  '%s holds no state of its own: equal arguments give equal updates',
  (name) => {
    const optimiser = build({ name });
    const step = () => oneStep(optimiser, [1, -2], [0.5, 0.25], 0.1);
    expect(step()).toEqual(step());
  },
);

test('decay pulls towards zero without a gradient: through the gradient in sgd, beside it in adamw', () => {
  expect(oneStep(build({ name: 'sgd' }), [1, -2], [0, 0], 0.5)).toEqual([0.95, -1.9]);
  expect(oneStep(build({ name: 'adamw' }), [1, -2], [0, 0], 0.5)).toEqual([0.95, -1.9]);
  // Adam divides by the gradient's size, so coupled decay moves each parameter by the learning rate.
  expect(oneStep(build({ name: 'adam' }), [1, -2], [0, 0], 0.5)).toEqual([0.9, -1.9]);
});

test.each(['sgd', 'adam', 'adamw', 'lars', 'lamb'])(
  '%s leaves a parameter without gradient and decay where it is',
  (name) => {
    expect(oneStep(build({ name }), [1, -2], [0, 0], 0)).toEqual([1, -2]);
  },
);

test("Adam's first step has the size of the learning rate, whatever the gradient's", () => {
  expect(oneStep(build({ name: 'adam' }), [1, 1, 1], [1e-3, 1, -1e3], 0)).toEqual([0.9, 0.9, 1.1]);
});

test('sgd without momentum keeps no slot', () => {
  expect(build({ name: 'sgd', momentum: 0 }).slots).toEqual([]);
});

/** LAMB as its paper writes it, in double precision: the parameter after each of five steps. */
function lambByHand(parameter: number[], gradients: number[][], weightDecay: number, clip: boolean): number[][] {
  const length = (vector: number[]) => Math.hypot(...vector);
  let [m, v, at] = [parameter.map(() => 0), parameter.map(() => 0), parameter];
  return gradients.map((gradient, i) => {
    m = m.map((old, k) => 0.9 * old + 0.1 * gradient[k]!);
    v = v.map((old, k) => 0.999 * old + 0.001 * gradient[k]! ** 2);
    const update = at.map((value, k) => {
      const direction = m[k]! / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v[k]! / (1 - 0.999 ** (i + 1))) + 1e-6);
      return direction + weightDecay * value;
    });
    const trust = length(at) > 0 && length(update) > 0 ? length(at) / length(update) : 1;
    return (at = at.map((value, k) => value - 0.1 * (clip ? Math.min(trust, 1) : trust) * update[k]!));
  });
}

test.each([
  { title: 'scaled to the weights', start: [3, -4, 1], clip: false },
  { title: 'clipped', start: [3, -4, 1], clip: true },
  { title: 'clipped where it changes nothing', start: [0.1, -0.2, 0.05], clip: true },
  { title: 'from zero', start: [0, 0, 0], clip: false },
])('lamb takes the steps of its definition, $title', ({ start, clip }) => {
  const optimiser = build({ name: 'lamb', clip });
  const gradients = Array.from({ length: 5 }, (_, i) => [0, 1, 2].map((k) => Math.sin(1 + 3 * i + 5 * k)));
  const learningRate = scalar(0.1);
  let [parameter, slots] = [tensor1d(start) as Tensor, { m: zeros([3]), v: zeros([3]) } as Record<string, Tensor>];
  const got = gradients.map((values, i) => {
    const next = tidy(() =>
      optimiser.update({
        parameter,
        gradient: tensor1d(values),
        slots,
        learningRate,
        scalars: Object.fromEntries(Object.entries(optimiser.scalars(i + 1)).map(([name, v]) => [name, scalar(v)])),
        weightDecay: 0.05,
      }),
    );
    for (const old of [parameter, ...Object.values(slots)]) old.dispose();
    ({ parameter, slots } = next);
    return Array.from(parameter.dataSync());
  });
  lambByHand(start, gradients, 0.05, clip).forEach((want, i) =>
    want.forEach((value, k) => expect(got[i]![k]).toBeCloseTo(value, 5)),
  );
  for (const used of [parameter, ...Object.values(slots), learningRate]) used.dispose();
});

test('lars moves a weight by its own size times the trust coefficient, whatever the gradient’s size', () => {
  const lars = build({ name: 'lars', trustCoefficient: 0.5, momentum: 0 });
  // ‖θ‖ = 5; the update is learning rate · coefficient · ‖θ‖ = 0.25 long
  expect(oneStep(lars, [3, 4], [2, 0], 0)).toEqual([2.75, 4]);
  expect(oneStep(lars, [3, 4], [0.02, 0], 0)).toEqual([2.75, 4]);
});

test('clipped lars moves at the smaller of trust and learning rate, so no further than sgd', () => {
  const clipped = build({ name: 'lars', trustCoefficient: 0.5, momentum: 0, clip: true });
  expect(oneStep(clipped, [3, 4], [0.2, 0], 0)).toEqual([2.98, 4]);
  expect(oneStep(clipped, [3, 4], [100, 0], 0)).toEqual([0.5, 4]); // trust 0.025 is below 0.1
});

test.each(['lars', 'lamb'])('%s does not scale biases and norms', (name) => {
  const [small, large] = [1, 100].map((size) => oneStep(build({ name }), [size], [0.5], 0, 'unscaled')[0]! - size);
  expect(small).toBeCloseTo(large!, 4);
});

test('lars gives biases and norms their own learning rate', () => {
  const lars = build({ name: 'lars', momentum: 0, biasLearningRateFactor: 0.5 });
  expect(oneStep(lars, [1, -2], [2, 4], 0, 'unscaled')).toEqual([0.9, -2.2]);
});

test.each(['sgd', 'lars'])('%s refuses Nesterov without momentum, naming the option', (name) => {
  const wrong = () => build({ name, momentum: 0, nesterov: true });
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
