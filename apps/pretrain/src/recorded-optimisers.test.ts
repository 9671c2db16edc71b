import { type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { optimiserSchema } from '#lib/contracts';
import { buildStep, type StepFunction } from '#lib/engine';
import { buildOptimiser, lars, type Optimiser } from '#lib/optim';

const shape = [4, 3];
const size = 12;
const values = (seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed));
const build = (options: object) => buildOptimiser(optimiserSchema.parse(options));
const momentum = { momentum: 0.9, nesterov: false };

const optimisers: [string, Optimiser][] = [
  ['sgd', build({ name: 'sgd', momentum: 0 })],
  ['sgd with momentum', build({ name: 'sgd' })],
  ['sgd with Nesterov momentum', build({ name: 'sgd', nesterov: true })],
  ['adam', build({ name: 'adam' })],
  ['adamw', build({ name: 'adamw', beta2: 0.95 })],
  ['lars', lars({ ...momentum, trustCoefficient: 0.02, rule: 'lightly', clip: false })],
  ['lars of timm, clipped', lars({ ...momentum, trustCoefficient: 0.02, rule: 'timm', clip: true })],
  ['lars of MoCo v3', lars({ ...momentum, trustCoefficient: 0.02, rule: 'moco-v3', clip: false })],
];

/** Ten steps; gradient, learning rate and the optimiser's numbers change at each. */
function tenSteps(optimiser: Optimiser, engine: 'captured' | 'eager'): Record<string, Float32Array> {
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
      weightDecay: 0.05,
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

test.each(optimisers)('%s: ten recorded steps end where ten eager ones do', (_, optimiser) => {
  const [eager, captured] = [tenSteps(optimiser, 'eager'), tenSteps(optimiser, 'captured')];
  expect(Object.keys(captured)).toEqual(['parameter', ...optimiser.slots]);
  for (const [name, want] of Object.entries(eager))
    want.forEach((value, i) =>
      expect(Math.abs(captured[name]![i]! - value)).toBeLessThan(1e-6 + 4e-6 * Math.abs(value)),
    );
});
