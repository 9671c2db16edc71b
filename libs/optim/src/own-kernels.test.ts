import { div, memory, scalar, type Tensor, tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

import { optimiserSchema } from '#lib/contracts';
import { withoutOwnKernels } from '#lib/tensor';

import { buildOptimiser, clipEachNorm, clipGlobalNorm, globalNorm } from './index.ts';

// On a GPU or an old processor there is one form, which then agrees with itself.

afterEach(() => expect(memory().numTensors).toBe(0));

/** Rounding, relative to the largest value. */
const tolerance = 1e-5;

/** Values that look random. */
const noise = (shape: number[], seed: number, size = 1): Tensor => {
  const length = shape.reduce((product, side) => product * side, 1);
  return tensor(
    Float32Array.from({ length }, (_, i) => size * Math.sin(1 + i * 12.9898 + i * i * 0.37 + seed * 78.233)),
    shape,
  );
};

function expectBothForms(run: () => Tensor[]): void {
  tidy(() => {
    const [got, want] = [run(), withoutOwnKernels(run)].map((form) => form.map((each) => each.dataSync<'float32'>()));
    for (const [i, wanted] of want!.entries()) {
      const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const off = wanted.findIndex((value, k) => !(Math.abs(got![i]![k]! - value) <= tolerance * largest));
      expect({ result: i, at: off, got: got![i]![off], want: wanted[off] }).toEqual({ result: i, at: -1 });
    }
  });
}

/** Parameter and slots after a few steps. */
function trained(options: unknown, shape: number[], seed: number, weightDecay: number): Tensor[] {
  const optimiser = buildOptimiser(optimiserSchema.parse(options));
  let parameter = noise(shape, seed, 2);
  let slots = Object.fromEntries(optimiser.slots.map((slot) => [slot, zeros(shape)]));
  for (let step = 1; step <= 4; step++) {
    const scalars = Object.entries(optimiser.scalars(step)).map(([name, value]) => [name, scalar(value)] as const);
    ({ parameter, slots } = optimiser.update({
      parameter,
      gradient: noise(shape, seed + step),
      slots,
      learningRate: scalar(0.1 / step),
      scalars: Object.fromEntries(scalars),
      weightDecay,
    }));
  }
  return [parameter, ...Object.values(slots)];
}

/** Parts of a vector, whole ones, and what is just below or above one thread's share. */
const shapes = fc.oneof(
  { weight: 2, arbitrary: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 0, maxLength: 4 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 100 }).map((size) => [size]) },
  { weight: 1, arbitrary: fc.integer({ min: 32_700, max: 32_850 }).map((size) => [size]) },
);
const decays = fc.constantFrom(0, 0.05);

test.each([
  { name: 'sgd', momentum: 0 },
  { name: 'sgd', momentum: 0.9 },
  { name: 'sgd', momentum: 0.5, nesterov: true },
  { name: 'adam' },
  { name: 'adam', beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
  { name: 'adamw' },
  { name: 'adamw', beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
])('%j takes the same steps by its own kernel and composed', (options) => {
  fc.assert(
    fc.property(shapes, fc.nat(1000), decays, (shape, seed, decay) =>
      expectBothForms(() => trained(options, shape, seed, decay)),
    ),
    { numRuns: 12 },
  );
});

test('norms and what is clipped by them are the same by own kernels and composed', () => {
  fc.assert(
    fc.property(fc.array(shapes, { minLength: 1, maxLength: 3 }), fc.nat(1000), (all, seed) =>
      expectBothForms(() => {
        const gradients = all.map((shape, i) => noise(shape, seed + i, 10 ** (i - 1)));
        const { gradients: clipped, norm } = clipGlobalNorm(gradients, 0.5);
        return [globalNorm(gradients), norm, ...clipped, ...clipEachNorm(gradients, 0.5)];
      }),
    ),
    { numRuns: 12 },
  );
});

test('a gradient that is not finite reaches the parameter and the norm', () => {
  for (const value of [NaN, Infinity])
    tidy(() => {
      const gradient = div(tensor([1, value, 3]), 1);
      const learningRate = scalar(0.1);
      for (const name of ['sgd', 'adam', 'adamw']) {
        const optimiser = buildOptimiser(optimiserSchema.parse({ name }));
        const slots = Object.fromEntries(optimiser.slots.map((slot) => [slot, zeros([3])]));
        const scalars = Object.fromEntries(Object.entries(optimiser.scalars(1)).map(([key, v]) => [key, scalar(v)]));
        const args = { parameter: zeros([3]), gradient, slots, learningRate, scalars, weightDecay: 0.1 };
        const finite = [...optimiser.update(args).parameter.dataSync()].map(Number.isFinite);
        expect(finite, name).toEqual([true, false, true]);
      }
      expect(globalNorm([zeros([2]), gradient]).dataSync()[0]).toBe(value);
    });
});
