import { dispose, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';

type TensorMap = Record<string, Tensor>;

/** Results of arrays that stay (`state`) and arrays that change from call to call (`inputs`); new state is none. */
export type Computation = (state: TensorMap, inputs: TensorMap) => { state: TensorMap; outputs: TensorMap };

export interface Shapes {
  state: Record<string, { shape: number[]; values: Float32Array }>;
  inputs: Record<string, { shape: number[]; dtype: 'float32' }>;
}

/** A computation that is built, with its state on the device. */
export interface Captured {
  run(inputs: Record<string, Float32Array>): Record<string, Float32Array>;
  dispose(): void;
}

/** Builds a computation once, to be run many times: the engine's captured step, where the app passes it in. */
export type Capture = (computation: Computation, shapes: Shapes) => Captured;

/** Runs each operation as it comes. */
export const eagerly: Capture = (computation, { state, inputs }) => {
  const held = Object.fromEntries(
    Object.entries(state).map(([name, { shape, values }]) => [name, tensor(values, shape)]),
  );
  return {
    run(fed) {
      const outputs = tidy(() => {
        const given = Object.entries(inputs).map(([name, { shape }]) => [
          name,
          tensor(fed[name] as Float32Array, shape),
        ]);
        return computation(held, Object.fromEntries(given) as TensorMap).outputs;
      });
      const read = Object.entries(outputs).map(([name, value]) => [name, value.dataSync() as Float32Array]);
      dispose(outputs);
      return Object.fromEntries(read) as Record<string, Float32Array>;
    },
    dispose: () => dispose(held),
  };
};
