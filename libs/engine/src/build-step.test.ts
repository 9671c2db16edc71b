import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';

import {
  add,
  conv2d,
  div,
  gather,
  grads,
  matMul,
  mean,
  memory,
  mul,
  relu,
  reshape,
  type Scalar,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  randomNormal,
} from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { buildStep, type StepFunction, type StepOptions } from './index.ts';

/** Values that look random and are the same each time. */
const values = (size: number, seed: number) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i * 12.9898 + seed * 78.233) * 0.5);

const batch = 8;
const inputs: StepOptions['inputs'] = {
  x: { shape: [batch, 6, 6, 3], dtype: 'uint8' },
  rate: { shape: [], dtype: 'float32' },
};
const shapes = { kernel: [3, 3, 3, 4], gamma: [4], weight: [144, 2], mean: [4] };
const slots = Object.fromEntries(
  ['kernel', 'gamma', 'weight'].map((name) => [`m/${name}`, shapes[name as keyof typeof shapes]]),
);

function initial(): StepOptions['state'] {
  const all: Record<string, number[]> = { ...shapes, ...slots };
  return Object.fromEntries(
    Object.entries(all).map(([name, shape], i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const isZero = name.startsWith('m/') || name === 'mean';
      return [
        name,
        {
          shape,
          values: isZero ? new Float32Array(size) : name === 'gamma' ? new Float32Array(size).fill(1) : values(size, i),
        },
      ];
    }),
  );
}

/** Convolution, batch norm with a running mean, relu, linear; SGD with momentum. */
const trainStep: StepFunction = (state, fed) => {
  let running: Tensor = state['mean'] as Tensor;
  const loss = (kernel: Tensor, gamma: Tensor, weight: Tensor): Scalar => {
    const y = conv2d(div<Tensor4D>(fed['x'] as Tensor4D, 255), kernel as Tensor4D, 1, 'same');
    const mu = mean(y, [0, 1, 2]);
    running = add(mul(state['mean'] as Tensor, 0.9), mul(mu, 0.1));
    const centred = sub(y, mu);
    const hat = div(centred, sqrt(add(mean(square(centred), [0, 1, 2]), 1e-5)));
    return mean(square(matMul(reshape(relu(mul(hat, gamma)), [batch, 144]), weight as Tensor2D)));
  };
  const names = ['kernel', 'gamma', 'weight'];
  const parameters = names.map((name) => state[name] as Tensor);
  const gradients = grads((...p: Tensor[]) => loss(p[0]!, p[1]!, p[2]!))(parameters);
  const next: Record<string, Tensor> = {};
  names.forEach((name, i) => {
    const m = add(mul(state[`m/${name}`] as Tensor, 0.9), gradients[i] as Tensor);
    next[`m/${name}`] = m;
    next[name] = sub(parameters[i] as Tensor, mul(m, fed['rate'] as Tensor));
  });
  const [k, g, w] = parameters as [Tensor, Tensor, Tensor];
  const value = loss(k, g, w); // also leaves `running` outside of the tape's scope
  return {
    state: { ...next, mean: add(running, 0) },
    outputs: { loss: value, norm: sum(square(gradients[0] as Tensor)) },
  };
};

const feed = (step: number) => ({
  x: Uint8Array.from({ length: batch * 108 }, (_, i) => (i * 37 + step * 101) % 256),
  rate: Float32Array.of(0.005),
});

test('the captured step agrees with the eager one over 30 steps', () => {
  const [eager, captured] = (['eager', 'captured'] as const).map((engine) =>
    buildStep(trainStep, { engine, state: initial(), inputs }),
  );
  for (let i = 0; i < 30; i++) {
    const [a, b] = [eager!.run(feed(i)), captured!.run(feed(i))];
    expect(Math.abs(a['loss']![0]! - b['loss']![0]!)).toBeLessThanOrEqual(2e-6 * Math.abs(a['loss']![0]!));
  }
  const [a, b] = [eager!.readState(), captured!.readState()];
  for (const name of Object.keys(a))
    a[name]!.forEach((value, i) =>
      expect(Math.abs(value - b[name]![i]!)).toBeLessThanOrEqual(2e-6 + 4e-6 * Math.abs(value)),
    );
  eager!.dispose();
  captured!.dispose();
});

test('capturing is no step, and state that is written back replays bit by bit', () => {
  const step = buildStep(trainStep, { engine: 'captured', state: initial(), inputs });
  expect(step.readState()['kernel']).toEqual(initial()['kernel']!.values);
  for (let i = 0; i < 5; i++) step.run(feed(i));
  const at5 = step.readState();
  const first = [5, 6, 7, 8].map((i) => step.run(feed(i))['loss']![0]);
  const after = step.readState();
  step.writeState(at5);
  expect([5, 6, 7, 8].map((i) => step.run(feed(i))['loss']![0])).toEqual(first);
  expect(step.readState()).toEqual(after);
  step.dispose();
});

test('leaves no tensor and no file behind', () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('unlabel-step-')).length;
  const [tensors, files] = [memory().numTensors, folders()];
  const step = buildStep(trainStep, { engine: 'captured', state: initial(), inputs });
  expect(memory().numTensors).toBe(tensors);
  for (let i = 0; i < 50; i++) step.run(feed(i));
  expect(memory().numTensors).toBe(tensors);
  step.dispose();
  const eager = buildStep(trainStep, { engine: 'eager', state: initial(), inputs });
  const held = memory().numTensors;
  for (let i = 0; i < 3; i++) eager.run(feed(i));
  expect(memory().numTensors).toBe(held);
  eager.dispose();
  expect(memory().numTensors).toBe(tensors);
  expect(folders()).toBe(files);
});

test('two steps alive at once share no state', () => {
  const make = () => buildStep(trainStep, { engine: 'captured', state: initial(), inputs });
  const [a, b] = [make(), make()];
  a.run(feed(0));
  expect(b.readState()['kernel']).toEqual(initial()['kernel']!.values);
  a.dispose();
  b.run(feed(0));
  b.dispose();
});

test('integers choose rows', () => {
  const fn: StepFunction = (_, { table, rows }) => ({
    state: {},
    outputs: { chosen: gather(table as Tensor2D, rows as Tensor) },
  });
  const step = buildStep(fn, {
    engine: 'captured',
    state: {},
    inputs: { table: { shape: [3, 2], dtype: 'float32' }, rows: { shape: [2], dtype: 'int32' } },
  });
  expect([...step.run({ table: Float32Array.of(0, 1, 2, 3, 4, 5), rows: Int32Array.of(2, 0) })['chosen']!]).toEqual([
    4, 5, 0, 1,
  ]);
  step.dispose();
});

test.each([
  ['made before', false],
  ['made before and uploaded', true],
])('refuses a tensor from outside that was %s', (_, uploaded) => {
  const outside = tensor1d([1, 2, 3, 4]);
  if (uploaded) add(outside, 1).dispose();
  const fn: StepFunction = (_state, fed) => ({ state: {}, outputs: { y: mul(fed['x'] as Tensor, outside) } });
  expect(() =>
    buildStep(fn, { engine: 'captured', state: {}, inputs: { x: { shape: [4], dtype: 'float32' } } }),
  ).toThrow(/no input, no state/);
  outside.dispose();
  expect(scalar(1).dataSync()[0]).toBe(1); // the backend is itself again
});

test('refuses random draws, which would repeat for ever', () => {
  const fn: StepFunction = (_state, fed) => ({ state: {}, outputs: { y: add(fed['x'] as Tensor, randomNormal([4])) } });
  expect(() =>
    buildStep(fn, { engine: 'captured', state: {}, inputs: { x: { shape: [4], dtype: 'float32' } } }),
  ).toThrow(/random/);
});

test.each(['captured', 'eager'] as const)('names an input of the wrong size or type (%s)', (engine) => {
  const fn: StepFunction = (_state, fed) => ({ state: {}, outputs: { y: add(fed['x'] as Tensor, 1) } });
  const step = buildStep(fn, { engine, state: {}, inputs: { x: { shape: [2, 2], dtype: 'float32' } } });
  expect(() => step.run({ x: new Float32Array(3) })).toThrow(
    'input x must be a Float32Array of 4 values [2, 2], got a Float32Array of 3',
  );
  expect(() => step.run({ x: new Int32Array(4) })).toThrow('got a Int32Array of 4');
  expect(() => step.run({})).toThrow('got nothing');
  step.dispose();
});
