import {
  add,
  conv2d,
  div,
  grads,
  matMul,
  mean,
  mul,
  type Rank,
  relu,
  reshape,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';

import { type StepFunction, type StepOptions, type TensorMap } from './index.ts';

const batch = 8;
const trained = ['kernel', 'gamma', 'weight'];
const shapes: Record<string, number[]> = { kernel: [3, 3, 3, 4], gamma: [4], weight: [144, 2], mean: [4] };

/** Values that look random and are the same each time. */
export const wave = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i * 12.9898 + seed * 78.233) * 0.5);

type Update = (parameter: Tensor, gradient: Tensor, slots: Tensor[], inputs: TensorMap) => Tensor[];

/** Both as plain formulas: the new parameter, then the new slots. */
const optimisers: Record<'sgd' | 'adamw', { slots: string[]; update: Update }> = {
  sgd: {
    slots: ['m'],
    update: (parameter, gradient, [m], { rate }) => {
      const next = add(mul(m!, 0.9), add(gradient, mul(parameter, 1e-4)));
      return [sub(parameter, mul(next, rate!)), next];
    },
  },
  adamw: {
    slots: ['m', 'v'],
    update: (parameter, gradient, [m, v], { rate, correction1, correction2 }) => {
      const first = add(mul(m!, 0.9), mul(gradient, 0.1));
      const second = add(mul(v!, 0.999), mul(square(gradient), 0.001));
      const direction = div(div(first, correction1!), add(sqrt(div(second, correction2!)), 1e-8));
      return [sub(mul(parameter, sub(1, mul(rate!, 0.05))), mul(direction, rate!)), first, second];
    },
  },
};

/** A small network's training as a step: convolution, batch norm with a running mean, relu, linear. */
export function tinyTraining(optimiser: 'sgd' | 'adamw'): { fn: StepFunction } & StepOptions {
  const { slots, update } = optimisers[optimiser];
  const all = { ...shapes };
  for (const name of trained) for (const slot of slots) all[`${slot}/${name}`] = shapes[name]!;
  const state = Object.fromEntries(
    Object.entries(all).map(([name, shape], i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const starts = trained.includes(name) ? wave(size, i) : new Float32Array(size);
      return [name, { shape, values: name === 'gamma' ? starts.fill(1) : starts }];
    }),
  );
  const scalar = { shape: [], dtype: 'float32' as const };
  const inputs: StepOptions['inputs'] = {
    x: { shape: [batch, 6, 6, 3], dtype: 'uint8' },
    rate: scalar,
    correction1: scalar,
    correction2: scalar,
  };
  const fn: StepFunction = (now, fed) => {
    const parameters = trained.map((name) => now[name]!);
    const next: TensorMap = {};
    const loss = (...given: Tensor[]) => forward(given, now['mean']!, fed['x'] as Tensor4D).loss;
    const gradients = grads(loss)(parameters);
    trained.forEach((name, i) => {
      const current = slots.map((slot) => now[`${slot}/${name}`]!);
      const [parameter, ...moved] = update(parameters[i]!, gradients[i]!, current, fed);
      next[name] = parameter!;
      slots.forEach((slot, k) => (next[`${slot}/${name}`] = moved[k]!));
    });
    const at = forward(parameters, now['mean']!, fed['x'] as Tensor4D);
    return {
      state: { ...next, mean: at.running },
      outputs: { loss: at.loss, 'kernel norm': sum(square(gradients[0]!)) },
    };
  };
  return { fn, state, inputs };
}

function forward([kernel, gamma, weight]: Tensor[], mean0: Tensor, x: Tensor4D): { loss: Scalar; running: Tensor } {
  const y = conv2d(div<Tensor4D>(x, 255), kernel as Tensor4D, 1, 'same');
  const mu = mean(y, [0, 1, 2]);
  const centred = sub(y, mu);
  const hat: Tensor = div(centred, sqrt(add(mean(square(centred), [0, 1, 2]), 1e-5)));
  const features = relu(mul<Tensor>(hat, gamma!));
  const logits = matMul(reshape<Rank.R2>(features, [batch, 144]), weight as Tensor2D);
  return { loss: mean(square(sub(logits, 1))), running: add(mul(mean0, 0.9), mul(mu, 0.1)) };
}

/** The inputs of step t, counted from 1. */
export const feed = (t: number) => ({
  x: Uint8Array.from({ length: batch * 108 }, (_, i) => (i * 37 + t * 101) % 256),
  rate: Float32Array.of(0.005),
  correction1: Float32Array.of(1 - 0.9 ** t),
  correction2: Float32Array.of(1 - 0.999 ** t),
});
