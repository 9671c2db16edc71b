import { type Tensor, tensor } from '@tensorflow/tfjs-core';

import { dataType } from './graph.ts';
import { native } from './index.ts';

const binding = () => native().backend.binding;

/** Values of a linear congruential generator, in ±0.5. */
export function noise(shape: number[], seed: number): Tensor {
  let state = (seed + 1) * 7919;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5;
  return tensor(Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, next), shape);
}

/** Attributes of an operation, by name. */
type Given = Record<string, { type: number; value: unknown }>;
export const given = {
  type: (value: number) => ({ type: binding().TF_ATTR_TYPE, value }),
  integer: (value: number | number[]) => ({ type: binding().TF_ATTR_INT, value }),
  float: (value: number) => ({ type: binding().TF_ATTR_FLOAT, value }),
  boolean: (value: boolean) => ({ type: binding().TF_ATTR_BOOL, value }),
  string: (value: string) => ({ type: binding().TF_ATTR_STRING, value }),
};

/** Tensors of native memory by id, freed together at the end. */
export class Operations {
  readonly #made: number[] = [];

  /** Runs an operation by name. Returns its outputs. */
  run(name: string, attributes: Given, inputs: number[], outputs = 1): number[] {
    const listed = Object.entries(attributes).map(([key, attribute]) => ({ name: key, ...attribute }));
    const made = binding()
      .executeOp(name, listed, inputs, outputs)
      .map(({ id }) => id);
    this.#made.push(...made);
    return made;
  }

  one(name: string, attributes: Given, inputs: number[]): number {
    return this.run(name, attributes, inputs)[0] as number;
  }

  of(tensor: Tensor): number {
    return native().backend.getInputTensorIds([tensor])[0] as number;
  }

  /** In bfloat16. */
  narrow(id: number): number {
    return this.#cast(id, dataType.float, dataType.bfloat16);
  }

  /** In float32. */
  wide(id: number): number {
    return this.#cast(id, dataType.bfloat16, dataType.float);
  }

  read(id: number): Float32Array {
    return binding().tensorDataSync(id);
  }

  dispose(): void {
    for (const id of this.#made.splice(0)) binding().deleteTensor(id);
  }

  #cast(id: number, from: number, to: number): number {
    const attributes = { SrcT: given.type(from), DstT: given.type(to), Truncate: given.boolean(false) };
    return this.one('Cast', attributes, [id]);
  }
}

/** Of one shape, the slot without negative numbers; and a single number. */
export type UpdateInputs = Record<'parameter' | 'gradient' | 'slot' | 'rate', number>;

/** The operations of libs/optim, which the engine may not import. */
export const optimiserOperations: Record<string, (at: Operations, inputs: UpdateInputs) => number[]> = {
  UnlabelMomentum: (at, { parameter, gradient, slot, rate }) => {
    const attributes = { momentum: given.float(0.9), decay: given.float(0.01), nesterov: given.boolean(true) };
    return at.run('UnlabelMomentum', attributes, [parameter, gradient, slot, rate], 2);
  },
  UnlabelAdam: (at, { parameter, gradient, slot, rate }) => {
    const numbers = { beta1: 0.9, beta2: 0.99, rest1: 0.1, rest2: 0.01, epsilon: 1e-8, decay: 0.05 };
    const floats = Object.entries(numbers).map(([name, value]) => [name, given.float(value)] as const);
    const attributes = { ...Object.fromEntries(floats), decoupled: given.boolean(true) };
    return at.run('UnlabelAdam', attributes, [parameter, gradient, gradient, slot, rate, rate, rate], 3);
  },
  UnlabelSumOfSquares: (at, { parameter }) => at.run('UnlabelSumOfSquares', {}, [parameter]),
};
