import { keep, tensor, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { inputOf, type Step, type StepFunction, type StepOptions, stateOf } from './step.ts';
import { native } from './native.ts';

/** The step run op by op: slower, but every tensor can be looked at. The captured step must agree with it. */
export function eagerStep(fn: StepFunction, { state: initial, inputs: specs }: StepOptions): Step {
  native();
  const state: Record<string, Tensor> = {};
  for (const [name, { shape, values }] of Object.entries(initial))
    state[name] = keep(tensor(Float32Array.from(values), shape, 'float32'));
  const replace = (name: string, next: Tensor) => {
    state[name]?.dispose();
    state[name] = keep(next);
  };
  return {
    info: { engine: 'eager', operations: 0, constantBytes: 0 },
    run(inputs) {
      const fed = Object.entries(specs).map(([name, spec]) => [name, inputOf(inputs, name, spec), spec] as const);
      return tidy(() => {
        const tensors = fed.map(([name, values, { shape, dtype }]) => {
          const uploaded = dtype === 'uint8' ? Float32Array.from(values) : values.slice();
          return [name, tensor(uploaded, shape, dtype === 'int32' ? 'int32' : 'float32')] as const;
        });
        const result = fn({ ...state }, Object.fromEntries(tensors));
        for (const [name, next] of Object.entries(result.state)) replace(name, next.clone());
        return Object.fromEntries(
          Object.entries(result.outputs).map(([name, output]) => [name, Float32Array.from(output.dataSync())]),
        );
      });
    },
    readState: () =>
      Object.fromEntries(Object.entries(state).map(([name, value]) => [name, Float32Array.from(value.dataSync())])),
    writeState(values) {
      for (const [name, array] of Object.entries(values)) {
        const shape = initial[name]?.shape;
        replace(name, tensor(Float32Array.from(stateOf(array, name, shape)), shape, 'float32'));
      }
    },
    dispose() {
      for (const value of Object.values(state)) value.dispose();
    },
  };
}
