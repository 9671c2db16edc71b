import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

import type { Completion, MethodInstance } from '#lib/methods';
import { type ParameterSpec, type Scope, scopeOf } from '#lib/nn';

import { type InputSpec, normaliseImages, type StepFunction } from './training-step.ts';

/** What images are run through: its parameters and buffers, and what it makes of them. */
export interface Network {
  parameters: readonly ParameterSpec[];
  /** [B, size, size, 3], normalised → [B, D] */
  forward(scope: Scope, images: Tensor4D): Tensor2D;
}

/** The encoder of a method: what is probed and monitored. */
export const encoderOf = ({ parameters, features }: MethodInstance): Network => ({
  parameters: parameters.filter(({ name }) => name.startsWith('encoder.')),
  forward: features,
});

export interface InferenceStep {
  fn: StepFunction;
  /** shapes of the network's parameters and buffers by name */
  state: Record<string, number[]>;
  inputs: Record<string, InputSpec>;
}

/**
 * A step that changes nothing: `images` uint8 [B, size, size, 3] in, `rows` [B, D] out. Batch norm takes its running
 * statistics, and no gradient is made.
 */
export function inferenceStep(
  { parameters, forward }: Network,
  { batch, size, mean, std }: { batch: number; size: number; mean: number[]; std: number[] },
): InferenceStep {
  return {
    fn: (state, { images }) => ({
      state: {},
      outputs: { rows: forward(scopeOf(state, false), normaliseImages(images as Tensor4D, mean, std)) },
    }),
    state: Object.fromEntries(parameters.map(({ name, shape }) => [name, shape])),
    inputs: { images: { shape: [batch, size, size, 3], dtype: 'uint8' } },
  };
}

/**
 * A step that changes nothing and completes images of which a method removes parts: `images` uint8 [B, size, size, 3] and the method's own
 * inputs in; `original` and `predicted` [B, side, side, 3], `mask` [B, L] and `loss` [] out.
 */
export function completionStep(
  instance: MethodInstance,
  { complete }: Completion,
  { batch, size, mean, std }: { batch: number; size: number; mean: number[]; std: number[] },
): InferenceStep {
  return {
    fn: (state, { images, ...inputs }) => ({
      state: {},
      outputs: complete(scopeOf(state, false), normaliseImages(images as Tensor4D, mean, std), inputs),
    }),
    state: Object.fromEntries(instance.parameters.map(({ name, shape }) => [name, shape])),
    inputs: { images: { shape: [batch, size, size, 3], dtype: 'uint8' }, ...instance.inputs({ batch }) },
  };
}
