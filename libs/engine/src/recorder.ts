import { type ComputePrecision, UnlabelError } from '#lib/contracts';

import type { Binding, NativeBackend, OpAttribute, TensorInfo } from './binding.ts';
import { RecordingError, UndeclaredTensorError } from './errors.ts';
import { attribute, type Attributes, type Graph } from './graph.ts';
import { NarrowOperations } from './narrow-operations.ts';
import { override } from './override.ts';
import { refuseFrozenValues } from './refusals.ts';
import { ShapeOnlyTensors } from './shape-only.ts';
import type { TracedOperation } from './trace.ts';

/** Constants of a step beyond this are data that should be inputs or state. */
const maxConstantBytes = 32 * 1024 * 1024;

/** Ops of TensorFlow that draw. */
const drawing = /^(Stateless)?(Random|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal)/;

/**
 * Stands in for the backend's binding while a step runs: every op is noted as a node, and gives tensors that have a shape and
 * no memory, so that recording costs neither time nor memory whatever the batch. Tensors that the step makes from JavaScript
 * numbers become constants.
 */
export class Recorder {
  readonly #backend: NativeBackend;
  readonly #real: Binding;
  readonly #graph: Graph;
  /** output of a node by tensor id; ids are never reused */
  readonly #symbols = new Map<number, string>();
  /** tensors whose values the step itself wrote */
  readonly #written = new WeakSet<object>();
  readonly #tensors: ShapeOnlyTensors;
  /** undefined: everything is float32 */
  readonly #narrow: NarrowOperations | undefined;
  #currentOp = 'an output';
  #isInLayer = false;
  /** the node output that the tensor uploaded now stands for; undefined: it is a constant */
  #declaring: string | undefined;
  /** every operation in the order of the record, with the memory that it takes */
  readonly trace: TracedOperation[] = [];

  constructor(backend: NativeBackend, graph: Graph, precision: ComputePrecision = 'float32') {
    this.#backend = backend;
    this.#real = backend.binding;
    this.#graph = graph;
    this.#narrow = precision === 'bfloat16' ? new NarrowOperations(graph, backend.ownKernels) : undefined;
    this.#tensors = new ShapeOnlyTensors(this.#real);
  }

  /** What an eager run of the step would hold at most. */
  get eagerPeakBytes(): number {
    return this.#tensors.peakBytes;
  }

  /** Says that a tensor made by the caller, while recording, stands for the output of a node. Returns its id in the trace. */
  declare(tensor: TensorInfo, symbol: string): number {
    this.#declaring = symbol;
    try {
      return this.#idOf(tensor);
    } finally {
      this.#declaring = undefined;
    }
  }

  /** The id in the trace of a tensor made while recording. */
  idOf(tensor: TensorInfo): number {
    return this.#idOf(tensor);
  }

  sizeBytes(id: number): number {
    return this.#tensors.sizeBytes(id);
  }

  /** The node output that a tensor which the step returns under `name` is. @throws UndeclaredTensorError */
  symbolOf(tensor: TensorInfo, name: string): string {
    this.#currentOp = name;
    const symbol = this.#symbol(this.#idOf(tensor), tensor.shape);
    return this.#narrow?.wide(symbol) ?? symbol;
  }

  /**
   * Runs a step under record and gives back what it made.
   * @throws UndeclaredTensorError for a tensor from outside
   * @throws RecordingError for random draws, values read back, and too many constants
   */
  record<T>(step: () => T): T {
    const backend = this.#backend;
    const executeMultipleOutputs = backend.executeMultipleOutputs.bind(backend);
    const executeSingleOutput = backend.executeSingleOutput.bind(backend);
    const getInputTensorIds = backend.getInputTensorIds.bind(backend);
    const write = backend.write.bind(backend);
    const disposeData = backend.disposeData.bind(backend);
    const undo = [
      refuseFrozenValues((dataId) => this.#written.has(dataId) && backend.tensorMap.get(dataId).values !== null),
      override(backend, {
        binding: this.#binding(),
        executeSingleOutput: (name, attributes, inputs, place) => {
          this.#currentOp = name;
          this.#isInLayer = place === 'layer';
          return executeSingleOutput(name, this.#completed(name, attributes, inputs), inputs);
        },
        executeMultipleOutputs: (name, attributes, inputs, outputs) => {
          this.#currentOp = name;
          this.#isInLayer = false;
          return executeMultipleOutputs(name, attributes, inputs, outputs);
        },
        getInputTensorIds: (tensors) => {
          for (const tensor of tensors) this.#refuseUndeclared(tensor);
          return getInputTensorIds(tensors);
        },
        write: (values, shape, dtype) => {
          const dataId = write(values, shape, dtype);
          this.#written.add(dataId);
          return dataId;
        },
        // Kernels check indices by themselves: on the zeros that recording stands for, none is out of range.
        readSync: (dataId) =>
          backend.tensorMap.get(dataId).values ?? this.#tensors.zeros(backend.tensorMap.get(dataId).id),
        disposeData: (dataId, force) => {
          const id = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId).id : undefined;
          const isGone = disposeData(dataId, force);
          if (isGone && id !== undefined) this.#tensors.free(id);
          return isGone;
        },
      }),
    ];
    try {
      return step();
    } finally {
      for (const each of undo) each();
    }
  }

  #idOf(tensor: TensorInfo): number {
    return this.#backend.getInputTensorIds([tensor])[0] as number;
  }

  /** tfjs uploads lazily: a tensor made earlier but first used now would pass for one that the step made. */
  #refuseUndeclared(tensor: TensorInfo): void {
    const { tensorMap } = this.#backend;
    if (!tensor.dataId || !tensorMap.has(tensor.dataId)) return; // an Int64 attribute of the backend's own
    const { values, id } = tensorMap.get(tensor.dataId);
    if (values === null ? !this.#symbols.has(id) : !this.#written.has(tensor.dataId))
      throw this.#undeclared(tensor.shape);
  }

  /** tfjs-node leaves out the type of this one op, which TensorFlow infers when eager but not in a graph. */
  #completed(name: string, attributes: OpAttribute[], [input]: TensorInfo[]): OpAttribute[] {
    if (name !== 'ExpandDims' || !input) return attributes;
    const { dtype } = this.#backend.tensorMap.get(input.dataId);
    return [...attributes, { name: 'T', type: this.#real.TF_ATTR_TYPE, value: dtype }];
  }

  #binding(): Binding {
    const real = this.#real;
    const recording: Partial<Binding> = {
      createTensor: (shape, dtype, values) => {
        const symbol = this.#declaring ?? this.#constant(shape, dtype, values);
        const id = this.#tensors.make(shape, dtype, this.#declaring === undefined ? values : undefined);
        this.#symbols.set(id, symbol);
        return id;
      },
      executeOp: (name, attributes, inputs, outputs) => {
        if (drawing.test(name))
          throw new RecordingError(`step: ${name} draws inside the step, and would not draw the same when resumed`, {
            remedy: 'draw outside and feed the draws as an input of the step',
          });
        const symbols = inputs.map((id) => this.#symbol(id));
        const given = this.#attributes(attributes);
        const call = {
          name,
          shapes: inputs.map((id) => this.#tensors.shape(id)),
          attribute: (wanted: string) => attributes.find((each) => each.name === wanted)?.value,
          isInLayer: this.#isInLayer,
        };
        const node = this.#narrow?.add(name, symbols, given, call) ?? this.#graph.add(name, symbols, given);
        const made = this.#tensors.execute(name, attributes, inputs, outputs);
        const symbol = (k: number) => (k === 0 ? node : `${node}:${k}`);
        made.forEach(({ id }, k) => this.#symbols.set(id, symbol(k)));
        const bytes = (id: number, k: number) => this.sizeBytes(id) / (this.#narrow?.isNarrow(symbol(k)) ? 2 : 1);
        this.trace.push({ name, inputs, outputs: made.map(({ id }, k) => ({ id, bytes: bytes(id, k) })) });
        return made;
      },
    };
    const passed: Record<string, unknown> = {};
    for (const key of Object.getOwnPropertyNames(real)) {
      const value: unknown = Reflect.get(real, key);
      passed[key] = typeof value === 'function' ? (value.bind(real) as unknown) : value;
    }
    return { ...passed, ...recording } as Binding;
  }

  #constant(shape: number[], dtype: number, values: ArrayBufferView): string {
    const name = this.#graph.constant(dtype, shape, values);
    if (this.#graph.constantBytes > maxConstantBytes)
      throw new RecordingError(
        `step: holds over ${maxConstantBytes / 2 ** 20} MiB of constants, the last of shape [${shape.join(', ')}]`,
        { remedy: 'make large arrays inputs or state of the step' },
      );
    return name;
  }

  #symbol(id: number, shape?: number[]): string {
    const symbol = this.#symbols.get(id);
    if (symbol === undefined) throw this.#undeclared(shape);
    return symbol;
  }

  #undeclared(shape: number[] = []): UndeclaredTensorError {
    return new UndeclaredTensorError(
      `step: ${this.#currentOp} reads a tensor [${shape.join(', ')}] that is no input, no state and not made in the step`,
      { remedy: 'declare it as an input or as state of the step' },
    );
  }

  #attributes(attributes: OpAttribute[]): Attributes {
    return Object.fromEntries(attributes.map((given) => [given.name, this.#attribute(given)]));
  }

  #attribute({ name, type, value }: OpAttribute): Buffer {
    const real = this.#real;
    if (type === real.TF_ATTR_TYPE) return attribute.type(value as number);
    if (type === real.TF_ATTR_INT)
      return Array.isArray(value) ? attribute.integers(value as number[]) : attribute.integer(value as number);
    if (type === real.TF_ATTR_FLOAT && !Array.isArray(value)) return attribute.float(value as number);
    if (type === real.TF_ATTR_BOOL && !Array.isArray(value)) return attribute.boolean(value as boolean);
    if (type === real.TF_ATTR_STRING) return attribute.string(String(value));
    if (type === real.TF_ATTR_SHAPE) return attribute.shape(value as number[]);
    throw new UnlabelError(`recording ${this.#currentOp}: attribute ${name} of type ${type} is not known here`);
  }
}
