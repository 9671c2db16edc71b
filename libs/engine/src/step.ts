import type { Tensor } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';

export type TensorMap = Record<string, Tensor>;

/**
 * A pure step, as in JAX: from state and inputs to the changed entries of the state and outputs. It is called once for a
 * captured step and must not depend on anything else: a tensor from outside is refused, a JavaScript number is frozen.
 * Inputs declared as uint8 arrive as float32 values 0 to 255.
 */
export type StepFunction = (state: TensorMap, inputs: TensorMap) => { state: TensorMap; outputs: TensorMap };

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
  /** Runs once. @throws UsageError for an input that is missing, or of another type or size than declared */
  run(inputs: Record<string, InputArray>): Record<string, Float32Array>;
  /** Copies of all state. */
  readState(): Record<string, Float32Array>;
  /** Replaces entries of the state. */
  writeState(state: Record<string, Float32Array>): void;
  dispose(): void;
  readonly info: { engine: 'captured' | 'eager'; operations: number; constantBytes: number };
}

const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

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

/** The values of one entry of the state, checked. */
export function stateOf(values: Float32Array, name: string, shape: number[] | undefined): Float32Array {
  if (!shape) throw new UsageError(`step: there is no state called ${name}`);
  if (values.length !== sizeOf(shape))
    throw new UsageError(`step: state ${name} has ${sizeOf(shape)} values [${shape.join(', ')}], got ${values.length}`);
  return values;
}
