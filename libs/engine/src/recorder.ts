import { UnlabelError } from '#lib/contracts';

import type { Binding, NativeBackend, OpAttribute } from './binding.ts';
import { attribute, type Attributes, type Graph } from './graph.ts';

/** A step read a tensor that is neither input, state nor made in the step: recorded, it would be frozen for ever. */
export class UndeclaredTensorError extends UnlabelError {}

/** Constants of a step beyond this are data that should be inputs or state. */
const maxConstantBytes = 32 * 1024 * 1024;

/**
 * Stands in for the backend's binding while a step runs: every op is executed and noted as a node. Tensors that the step
 * makes from JavaScript numbers become constants.
 */
export class Recorder {
  readonly #backend: NativeBackend;
  readonly #real: Binding;
  readonly #graph: Graph;
  /** output of a node by tensor id; ids are never reused */
  readonly #symbols = new Map<number, string>();
  /** tensors whose values the step itself wrote */
  readonly #written = new WeakSet<object>();
  #currentOp = 'the step';
  operations = 0;

  constructor(backend: NativeBackend, graph: Graph) {
    this.#backend = backend;
    this.#real = backend.binding;
    this.#graph = graph;
  }

  /** Says that a tensor which exists already is the output of a node. */
  declare(tensor: { dataId: object }, symbol: string): void {
    this.#symbols.set(this.#backend.getInputTensorIds([tensor])[0] as number, symbol);
  }

  /** The node output that a tensor of the step is. */
  symbolOf(tensor: { dataId: object }): string {
    return this.#symbol(this.#backend.getInputTensorIds([tensor])[0] as number);
  }

  /** Runs a step under record and gives back what it made. Random draws are refused: recorded, they would repeat. */
  record<T>(step: () => T): T {
    const backend = this.#backend;
    const { getInputTensorIds, write } = backend;
    const { random } = Math;
    backend.binding = this.#binding();
    backend.getInputTensorIds = (tensors) => {
      for (const tensor of tensors) this.#refuseUndeclared(tensor);
      return getInputTensorIds.call(backend, tensors);
    };
    backend.write = (values, shape, dtype) => {
      const dataId = write.call(backend, values, shape, dtype);
      this.#written.add(dataId);
      return dataId;
    };
    Math.random = () => {
      throw new UndeclaredTensorError('a step must not draw random numbers: draw outside and feed them as an input');
    };
    try {
      return step();
    } finally {
      Math.random = random;
      Object.assign(backend, { getInputTensorIds, write, binding: this.#real });
    }
  }

  /** tfjs uploads lazily: a tensor made earlier but first used now would pass for one that the step made. */
  #refuseUndeclared(tensor: { dataId?: object }): void {
    if (!tensor.dataId || !this.#backend.tensorMap.has(tensor.dataId)) return; // an Int64 attribute of the backend's own
    if (this.#backend.tensorMap.get(tensor.dataId).values !== null && !this.#written.has(tensor.dataId))
      throw this.#undeclared();
  }

  #binding(): Binding {
    const real = this.#real;
    const recording: Binding = Object.create(real) as Binding;
    const own = {
      createTensor: (shape: number[], dtype: number, values: ArrayBufferView) => {
        const id = real.createTensor(shape, dtype, values);
        this.#symbols.set(id, this.#constant(shape, dtype, values));
        return id;
      },
      executeOp: (name: string, attributes: OpAttribute[], inputs: number[], outputs: number) => {
        this.#currentOp = name;
        this.operations++;
        const node = this.#graph.add(
          name,
          inputs.map((id) => this.#symbol(id)),
          this.#attributes(attributes),
        );
        const made = real.executeOp(name, attributes, inputs, outputs);
        made.forEach(({ id }, k) => this.#symbols.set(id, k === 0 ? node : `${node}:${k}`));
        return made;
      },
    };
    for (const key of Object.getOwnPropertyNames(real) as (keyof Binding)[]) {
      const value = real[key];
      Object.defineProperty(recording, key, {
        value: typeof value === 'function' ? value.bind(real) : value,
        writable: true,
        configurable: true,
      });
    }
    return Object.assign(recording, own);
  }

  #constant(shape: number[], dtype: number, values: ArrayBufferView): string {
    const name = this.#graph.constant(
      dtype,
      shape,
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    if (this.#graph.constantBytes > maxConstantBytes)
      throw new UndeclaredTensorError(
        `a step holds over ${maxConstantBytes / 2 ** 20} MiB of constants, the last of shape [${shape.join(', ')}]`,
        {
          remedy: 'make large arrays inputs or state of the step, or build them with tf.fill',
        },
      );
    return name;
  }

  #symbol(id: number): string {
    const symbol = this.#symbols.get(id);
    if (symbol === undefined) throw this.#undeclared();
    return symbol;
  }

  #undeclared(): UndeclaredTensorError {
    return new UndeclaredTensorError(
      `after ${this.#currentOp}, the step reads a tensor that is no input, no state and not made in it`,
      {
        remedy: 'declare it as an input or as state of the step',
      },
    );
  }

  #attributes(attributes: OpAttribute[]): Attributes {
    return Object.fromEntries(attributes.map((given) => [given.name, this.#attribute(given)]));
  }

  #attribute({ name, type, value }: OpAttribute): Buffer {
    const real = this.#real;
    if (type === real.TF_ATTR_TYPE)
      return Array.isArray(value) ? attribute.types(value as number[]) : attribute.type(value as number);
    if (type === real.TF_ATTR_INT)
      return Array.isArray(value) ? attribute.integers(value as number[]) : attribute.integer(value as number);
    if (type === real.TF_ATTR_FLOAT) return attribute.float(value as number);
    if (type === real.TF_ATTR_BOOL) return attribute.boolean(value as boolean);
    if (type === real.TF_ATTR_STRING) return attribute.string(String(value));
    if (type === real.TF_ATTR_SHAPE) return attribute.shape(value as number[]);
    throw new UnlabelError(`recording ${this.#currentOp}: attribute ${name} has type ${type}, which is not known here`);
  }
}
