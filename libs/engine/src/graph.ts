import { float, integer, integers, message } from './protobuf.ts';

/** TensorFlow's numbers of element types (types.proto). */
export const dataType = { float: 1, int32: 3, uint8: 4, int64: 9, bool: 10, bfloat16: 14 } as const;

/** Producer version of the GraphDef: that of TensorFlow 2.21. */
const producer = 1882;
const shareConstantsUpToBytes = 256;

const shapeProto = (shape: readonly number[]) => Buffer.concat(shape.map((side) => message(2, integer(1, side))));

/** Values of node attributes (attr_value.proto). */
export const attribute = {
  type: (value: number) => integer(6, value),
  types: (values: readonly number[]) => message(1, integers(6, values)),
  integer: (value: number) => integer(3, value),
  integers: (values: readonly number[]) => message(1, integers(3, values)),
  float: (value: number) => float(4, value),
  boolean: (value: boolean) => integer(5, value ? 1 : 0),
  string: (value: string) => message(2, value),
  shape: (shape: readonly number[]) => message(7, shapeProto(shape)),
  tensor: (type: number, shape: readonly number[], bytes: Uint8Array) =>
    message(8, Buffer.concat([integer(1, type), message(2, shapeProto(shape)), message(4, bytes)])),
};

/** Whether all elements have the same bits. */
function isUniform(values: ArrayBufferView): boolean {
  const { buffer, byteOffset, byteLength } = values;
  const isWide = byteLength % 4 === 0 && byteOffset % 4 === 0 && !(values instanceof Uint8Array);
  const elements = isWide
    ? new Int32Array(buffer, byteOffset, byteLength / 4)
    : new Uint8Array(buffer, byteOffset, byteLength);
  return elements.every((element) => element === elements[0]);
}

export type Attributes = Record<string, Buffer>;

const additions = new Set(['Add', 'AddV2']);

/** A TensorFlow graph under construction, node by node. Node outputs are named `node` or `node:k`. */
export class Graph {
  readonly #nodes: Buffer[] = [];
  readonly #constants = new Map<string, string>();
  readonly #sums = new Set<string>();
  #anchor: string | undefined;
  constantBytes = 0;

  get size(): number {
    return this.#nodes.length;
  }

  /** Adds a node; inputs that begin with ^ are control edges. Returns its name. */
  add(op: string, inputs: readonly string[], attributes: Attributes, name = `${op}_${this.#nodes.length}`): string {
    if (op === 'AddN') return this.#addInOrder(inputs, attributes, name);
    const edges = additions.has(op) ? this.#keepOrder(name, inputs) : inputs;
    this.#nodes.push(
      Buffer.concat([
        message(1, name),
        message(2, op),
        ...edges.map((input) => message(3, input)),
        ...Object.entries(attributes).map(([key, value]) =>
          message(5, Buffer.concat([message(1, key), message(2, value)])),
        ),
      ]),
    );
    return name;
  }

  /** A sum of many as sums of two, first to last. */
  #addInOrder(
    [first = '', ...rest]: readonly string[],
    { T = attribute.type(dataType.float) }: Attributes,
    name: string,
  ) {
    const last = rest.length - 1;
    if (last < 0) return this.add('Identity', [first], { T }, name);
    return rest.reduce((sum, term, i) => this.add('AddV2', [sum, term], { T }, i === last ? name : undefined), first);
  }

  /**
   * TensorFlow's graph optimizer turns a sum of sums into one AddN, which starts with whichever operand's memory it may reuse, so
   * that the last bits depend on which of two threads was faster. It leaves a sum alone that waits for another node.
   */
  #keepOrder(name: string, terms: readonly string[]): readonly string[] {
    this.#sums.add(name);
    if (!terms.some((term) => this.#sums.has(term))) return terms;
    // The handle of a variable that nothing reads: no constant to fold, and no other path makes the edge redundant.
    this.#anchor ??= this.add(
      'VarHandleOp',
      [],
      {
        dtype: attribute.type(dataType.float),
        shape: attribute.shape([]),
        shared_name: attribute.string('order-of-sums'),
        container: attribute.string(''),
      },
      'order_of_sums',
    );
    return [...terms, `^${this.#anchor}`];
  }

  /**
   * A constant; equal small ones share a node. Large ones of one value throughout (tfjs makes ones and zeros of full size for
   * gradients) become a Fill, which the graph optimizer sees through.
   */
  constant(type: number, shape: readonly number[], values: ArrayBufferView): string {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const isSmall = bytes.length <= shareConstantsUpToBytes;
    if (!isSmall && type !== dataType.int64 && isUniform(values)) return this.#fill(type, shape, bytes);
    const key = isSmall ? `${type}:${shape.join()}:${bytes.toString('latin1')}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    this.constantBytes += bytes.length;
    const name = this.add('Const', [], { dtype: attribute.type(type), value: attribute.tensor(type, shape, bytes) });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  #fill(type: number, shape: readonly number[], bytes: Uint8Array): string {
    const width = bytes.length / shape.reduce((product, side) => product * side, 1);
    const value = this.constant(type, [], bytes.subarray(0, width));
    const sides = this.constant(dataType.int32, [shape.length], Int32Array.from(shape));
    return this.add('Fill', [sides, value], {
      T: attribute.type(type),
      index_type: attribute.type(dataType.int32),
    });
  }

  placeholder(type: number, shape: readonly number[], name: string): string {
    return this.add('Placeholder', [], { dtype: attribute.type(type), shape: attribute.shape(shape) }, name);
  }

  /** The graph as the bytes of a `saved_model.pb`. */
  savedModel(): Buffer {
    const definition = Buffer.concat([
      ...this.#nodes.map((node) => message(1, node)),
      message(4, integer(1, producer)),
    ]);
    const meta = Buffer.concat([message(4, 'serve'), message(5, '2.21.0')]);
    return Buffer.concat([integer(1, 1), message(2, Buffer.concat([message(1, meta), message(2, definition)]))]);
  }
}
