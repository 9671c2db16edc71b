import { type Tensor, util } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';

export type TensorMap = Record<string, Tensor>;

/** New values of the state's changed entries, and what is to be seen outside; the engine frees both. */
export interface StepResult {
  state: TensorMap;
  outputs: TensorMap;
}

/**
 * A pure step, as in JAX: from state and inputs to the changed entries of the state and outputs. A captured step is called
 * once, when it is built, on tensors that have shapes only: it must not depend on anything else. A tensor from outside is refused, and so are
 * random draws and reads of values; a JavaScript number is frozen. Whatever changes from step to step (learning rate, masks,
 * draws) is an input. Inputs declared as uint8 arrive as float32 values 0 to 255.
 */
export type StepFunction = (state: TensorMap, inputs: TensorMap) => StepResult;

export interface TensorSpec {
  shape: number[];
  dtype: 'float32' | 'int32' | 'uint8';
}
export type InputArray = Float32Array | Int32Array | Uint8Array;

export interface StepOptions {
  /** Shape and first values of every entry of the state, float32. */
  state: Record<string, { shape: number[]; values: Float32Array }>;
  inputs: Record<string, TensorSpec>;
}

/** A step that is built: run it many times. Its state lives inside. */
export interface Step {
  /**
   * Runs once. Outputs arrive as float32, row by row. The arrays fed may be used again afterwards.
   * @throws UsageError for an input that is missing, or of another type or size than declared
   * @throws UnlabelError when TensorFlow fails (out of memory, an index out of range); the state is undefined then
   */
  run(inputs: Record<string, InputArray>): Record<string, Float32Array>;
  /** Copies of all state. */
  readState(): Record<string, Float32Array>;
  /** Replaces entries of the state; the others stay. @throws UsageError for an unknown name or another size */
  writeState(state: Record<string, Float32Array>): void;
  /** Frees the state and, when captured, the native session. */
  dispose(): void;
  readonly info: {
    engine: 'captured' | 'eager';
    /** recorded operations; 0 when eager */
    operations: number;
    /** size of the constants that the record holds */
    constantBytes: number;
  };
}

const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** State of zeros. Pages that are never written take no memory. */
export const zeroState = (shapes: Record<string, number[]>): StepOptions['state'] =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, values: new Float32Array(sizeOf(shape)) }]),
  );

/** The array of one input, checked against its declaration. */
export function inputOf(inputs: Record<string, InputArray>, name: string, { shape, dtype }: TensorSpec): InputArray {
  const values = inputs[name];
  const Type = arrays[dtype];
  if (!(values instanceof Type) || values.length !== sizeOf(shape))
    throw new UsageError(
      `step: input ${name} must be a ${Type.name} of ${sizeOf(shape)} values [${shape.join(', ')}], got ${
        values ? `a ${values.constructor.name} of ${values.length}` : 'nothing'
      }`,
    );
  return values;
}

/** Checks values for entries of the state. */
export function checkState(values: Record<string, Float32Array>, state: StepOptions['state']): void {
  for (const [name, { length }] of Object.entries(values)) {
    const shape = state[name]?.shape;
    if (!shape) throw new UsageError(`step: there is no state ${name}; there is ${listNames(state)}`);
    if (length !== sizeOf(shape))
      throw new UsageError(`step: state ${name} has ${sizeOf(shape)} values [${shape.join(', ')}], got ${length}`);
  }
}

/**
 * Calls the step function, checks what it returned, lets `use` have it, and frees it: the tensors may have been kept, so that
 * leaving a tidy does not.
 */
export function callStep(
  fn: StepFunction,
  state: TensorMap,
  inputs: TensorMap,
  use: (result: StepResult) => void,
): void {
  const result = fn({ ...state }, { ...inputs });
  const given = new Set([...Object.values(state), ...Object.values(inputs)]);
  const made = [...Object.values(result.state), ...Object.values(result.outputs)].filter((value) => !given.has(value));
  try {
    for (const [name, next] of Object.entries(result.state)) {
      const shape = state[name]?.shape;
      if (!shape)
        throw new UsageError(`step: returns state ${name}, which is not declared; there is ${listNames(state)}`);
      if (next.dtype !== 'float32' || !util.arraysEqual(next.shape, shape))
        throw new UsageError(
          `step: state ${name} is float32 [${shape.join(', ')}], the step returns ${next.dtype} [${next.shape.join(', ')}]`,
        );
    }
    use(result);
  } finally {
    for (const value of made) value.dispose();
  }
}

function listNames(state: Record<string, unknown>): string {
  const names = Object.keys(state);
  return names.length > 8 ? `${names.slice(0, 8).join(', ')}, … (${names.length} names)` : names.join(', ') || 'none';
}
