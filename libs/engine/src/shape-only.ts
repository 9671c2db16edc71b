import type { Binding, OpAttribute, OutputInfo } from './binding.ts';
import { dataType } from './graph.ts';
import { inferShapes, type KnownTensor } from './shape-rules.ts';

/** Constants up to so many elements may say what shape an operation gives. */
const maxKnownValues = 64;

/** Bytes of an element by TensorFlow's number of its type; types not listed have four. */
const widths: Record<number, number> = { [dataType.uint8]: 1, [dataType.bool]: 1, [dataType.int64]: 8 };
export const bytesOf = ({ shape, dtype }: KnownTensor): number =>
  shape.reduce((product, side) => product * side, widths[dtype] ?? 4);

const arrays: Record<number, (new (length: number) => ArrayBufferView) & { BYTES_PER_ELEMENT: number }> = {
  [dataType.float]: Float32Array,
  [dataType.int32]: Int32Array,
  [dataType.uint8]: Uint8Array,
  [dataType.bool]: Uint8Array,
  [dataType.int64]: Int32Array,
};

/** Pages that are never written take no memory. */
function zerosOf(tensor: KnownTensor): ArrayBufferView {
  const type = arrays[tensor.dtype] ?? Float32Array;
  return new type(bytesOf(tensor) / type.BYTES_PER_ELEMENT);
}

/**
 * Tensors without memory: a step that runs on them makes every shape and no value. Operations without a shape rule are run by
 * TensorFlow on zeros, and what they give is freed at once.
 */
export class ShapeOnlyTensors {
  readonly #real: Binding;
  readonly #known = new Map<number, KnownTensor>();
  /** negative, so that none is a native one, and tfjs asks for no native deletion; -1 is tfjs's "none" */
  #nextId = -2;
  #heldBytes = 0;
  /** what the step would have held at most, had it run on these tensors: as tfjs frees them, op by op */
  peakBytes = 0;

  constructor(real: Binding) {
    this.#real = real;
  }

  make(shape: number[], dtype: number, values?: ArrayBufferView): number {
    const id = this.#nextId--;
    const isSmall = values !== undefined && values.byteLength <= maxKnownValues * 4 && dtype !== dataType.int64;
    this.#known.set(id, { shape, dtype, values: isSmall ? (values as KnownTensor['values']) : undefined });
    this.#heldBytes += bytesOf({ shape, dtype });
    this.peakBytes = Math.max(this.peakBytes, this.#heldBytes);
    return id;
  }

  sizeBytes(id: number): number {
    return bytesOf(this.#get(id));
  }

  shape(id: number): number[] {
    return this.#get(id).shape;
  }

  /** What stands for a tensor's values where a kernel wants to see some. */
  zeros(id: number): ArrayBufferView {
    return zerosOf(this.#get(id));
  }

  free(id: number): void {
    const known = this.#known.get(id);
    if (!known) return;
    this.#heldBytes -= bytesOf(known);
    this.#known.delete(id);
  }

  execute(name: string, attributes: OpAttribute[], ids: number[], outputs: number): OutputInfo[] {
    const inputs = ids.map((id) => this.#get(id));
    const attribute = (wanted: string) => attributes.find((given) => given.name === wanted)?.value;
    const made =
      inferShapes({ name, inputs, outputs, attribute }) ?? this.#executeOnZeros(name, attributes, inputs, outputs);
    return made.map(({ shape, dtype }) => ({ id: this.make(shape, dtype), shape, dtype }));
  }

  #executeOnZeros(name: string, attributes: OpAttribute[], inputs: KnownTensor[], outputs: number): KnownTensor[] {
    const real = this.#real;
    const fed: number[] = [];
    try {
      for (const input of inputs) fed.push(real.createTensor(input.shape, input.dtype, input.values ?? zerosOf(input)));
      return real.executeOp(name, attributes, fed, outputs).map(({ id, shape, dtype }) => {
        real.deleteTensor(id);
        return { shape, dtype };
      });
    } finally {
      for (const id of fed) real.deleteTensor(id);
    }
  }

  #get(id: number): KnownTensor {
    const known = this.#known.get(id);
    if (!known) throw new Error(`shape-only tensor ${id} is gone`);
    return known;
  }
}
