import { memory, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type RunSpec } from '#lib/contracts';
import { initialise } from '#lib/nn';
import { madeUpSpec } from '#lib/testing';

import { hasSides, stepInputs, stepOfSpec } from './index.ts';

const size = 8;
const mae = {
  method: { name: 'mae', options: { decoderWidth: 8, decoderDepth: 1, decoderHeads: 2 } },
  backbone: { name: 'vit-report', options: { patchSize: 2, positions: 'sincos' } },
  views: { version: 1, views: [{ count: 1, operations: [{ op: 'random-resized-crop', size }] }] },
};
const simsiam = {
  method: { name: 'simsiam', options: { projectorWidth: 8, predictorWidth: 4 } },
  backbone: { name: 'resnet18', options: { width: 2, stem: 'cifar' } },
  views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size }] }] },
};

const specOf = (model: object, changes: object = {}): RunSpec =>
  madeUpSpec({
    ...model,
    image: { size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    optimiser: { name: 'sgd', momentum: 0 },
    batch: 6,
    ...changes,
  });

/** State and outputs after a step from the seed's state, on pictures that differ. */
function stepped(spec: RunSpec, sideBySide: boolean): Record<string, Float32Array> {
  const { fn, state, inputs, instance, optimiser } = stepOfSpec(spec, { sideBySide });
  const { batch } = spec;
  const samples = Array.from({ length: batch }, (_, i) => i);
  const views = Array.from({ length: spec.views.views[0]?.count ?? 0 }, (_, view) =>
    Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => Math.imul(i + view + 1, 2654435761) >>> 24),
  );
  const drawn = instance.drawInputs({ seed: 1, epoch: 0, samples });
  const fed = { ...drawn, ...stepInputs(optimiser, { step: 1, learningRate: 1, peak: 1, views }) };
  const values = initialise(instance.parameters, spec.seed);
  const result: Record<string, Float32Array> = {};
  tidy(() => {
    const now = Object.entries(state).map(([name, shape]) => [name, tensor(values[name] ?? [], shape)] as const);
    const given = Object.entries(fed).map(([name, data]) => {
      const { shape = [], dtype = 'float32' } = inputs[name] ?? {};
      return [name, tensor(data, shape, dtype === 'uint8' ? 'int32' : dtype)] as const;
    });
    const after = fn(Object.fromEntries(now), Object.fromEntries(given));
    for (const [name, value] of Object.entries({ ...after.state, ...after.outputs }))
      result[name] = value.dataSync() as Float32Array;
  });
  expect(memory().numTensors).toBe(0);
  return result;
}

test('a batch of MAE in halves gives the loss, the terms and the update of the whole', () => {
  const [whole, halves] = [stepped(specOf(mae), false), stepped(specOf(mae), true)];
  expect(Object.keys(halves)).toEqual(Object.keys(whole));
  expect(halves['loss']).not.toEqual(new Float32Array(1));
  for (const [name, values] of Object.entries(whole))
    values.forEach((value, i) =>
      expect(Math.abs(value - (halves[name]?.[i] ?? NaN)), `${name}[${i}]`).toBeLessThan(
        2e-6 * Math.max(1, Math.abs(value)),
      ),
    );
});

test('two views are two sides already: the step stays as it is, which takes statistics over the whole batch', () => {
  expect(stepped(specOf(simsiam), true)).toEqual(stepped(specOf(simsiam), false));
});

test.each([
  { title: 'two views', spec: specOf(simsiam), sides: true },
  { title: 'a loss that is a mean over images', spec: specOf(mae), sides: true },
  { title: 'such a loss over an odd batch', spec: specOf(mae, { batch: 5 }), sides: false },
  { title: 'the eager engine', spec: specOf(simsiam, { engine: 'eager' }), sides: false },
])('$title: has two sides: $sides', ({ spec, sides }) => expect(hasSides(spec)).toBe(sides));
