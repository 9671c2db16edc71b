import type { Tensor4D } from '@tensorflow/tfjs-core';

import type { MethodInstance } from '#lib/methods';
import { scopeOf } from '#lib/nn';

import { type InputSpec, normaliseImages, type StepFunction } from './training-step.ts';

export interface EncoderStep {
  fn: StepFunction;
  /** shapes of the encoder's parameters and buffers by name */
  state: Record<string, number[]>;
  inputs: Record<string, InputSpec>;
}

/**
 * A step that embeds and changes nothing: `images` uint8 [B, size, size, 3] in, `features` [B, D] out. Batch norm takes
 * its running statistics.
 */
export function encoderStep(
  instance: MethodInstance,
  { batch, size, mean, std }: { batch: number; size: number; mean: number[]; std: number[] },
): EncoderStep {
  const parameters = instance.parameters.filter(({ name }) => name.startsWith('encoder.'));
  return {
    fn: (state, { images }) => ({
      state: {},
      outputs: { features: instance.features(scopeOf(state, false), normaliseImages(images as Tensor4D, mean, std)) },
    }),
    state: Object.fromEntries(parameters.map(({ name, shape }) => [name, shape])),
    inputs: { images: { shape: [batch, size, size, 3], dtype: 'uint8' } },
  };
}
