import { keep, tensor, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { UnlabelError } from '#lib/contracts';

import { native } from './native.ts';
import {
  callStep,
  checkState,
  inputOf,
  type Step,
  type StepFunction,
  type StepOptions,
  type TensorMap,
} from './step.ts';

/** The step run op by op: slower, but every tensor can be looked at. The captured step must agree with it. */
export function eagerStep(fn: StepFunction, { state: initial, inputs: specs }: StepOptions): Step {
  native();
  const state: TensorMap = {};
  let isDisposed = false;
  const replace = (next: TensorMap) => {
    for (const [name, value] of Object.entries(next)) {
      state[name]?.dispose();
      state[name] = keep(value);
    }
  };
  const upload = (values: Record<string, Float32Array>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, array]) => [name, tensor(array.slice(), initial[name]?.shape, 'float32')]),
    );
  replace(upload(Object.fromEntries(Object.entries(initial).map(([name, { values }]) => [name, values]))));
  return {
    info: { engine: 'eager', operations: 0, constantBytes: 0 },
    run(fed) {
      if (isDisposed) throw new UnlabelError('step: used after dispose()');
      const read: Record<string, Float32Array> = {};
      tidy(() => {
        const inputs: TensorMap = {};
        for (const [name, { shape, dtype }] of Object.entries(specs)) {
          const values = inputOf(fed, name, { shape, dtype });
          const isInteger = dtype === 'int32';
          inputs[name] = tensor(
            isInteger ? values.slice() : new Float32Array(values),
            shape,
            isInteger ? dtype : 'float32',
          );
        }
        callStep(fn, state, inputs, (result) => {
          for (const [name, output] of Object.entries(result.outputs)) read[name] = values(output);
          // All clones first: new state may be other entries' old one.
          replace(Object.fromEntries(Object.entries(result.state).map(([name, next]) => [name, next.clone()])));
        });
      });
      return read;
    },
    readState: () => Object.fromEntries(Object.entries(state).map(([name, value]) => [name, values(value)])),
    writeState(given) {
      checkState(given, initial);
      replace(upload(given));
    },
    dispose() {
      isDisposed = true;
      for (const value of Object.values(state)) value.dispose();
    },
  };
}

const values = (of: Tensor): Float32Array => new Float32Array(of.dataSync());
