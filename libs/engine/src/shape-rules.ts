import { dataType } from './graph.ts';
import { ownShapeRules } from './own-shape-rules.ts';

/** What is known of a tensor that has no memory. */
export interface KnownTensor {
  shape: number[];
  /** TensorFlow's number of the element type */
  dtype: number;
  /** of small constants: axes, sizes, permutations */
  values?: Float32Array | Int32Array | Uint8Array | undefined;
}

export interface OperationCall {
  name: string;
  inputs: KnownTensor[];
  /** number of outputs that are asked for */
  outputs: number;
  /** an attribute's value; undefined where it isn't given */
  attribute(name: string): unknown;
}

/** Shapes and types of an operation's outputs; undefined where the rule does not cover the call. */
export type ShapeRule = (call: OperationCall) => KnownTensor[] | undefined;

const names = (text: string) => text.trim().split(/\s+/);
const first = ({ inputs }: OperationCall) => inputs[0] as KnownTensor;
const numbers = (tensor: KnownTensor | undefined): number[] | undefined => tensor?.values && Array.from(tensor.values);

const likeFirst: ShapeRule = (call) => [{ shape: first(call).shape, dtype: first(call).dtype }];
const like =
  (input: number): ShapeRule =>
  ({ inputs }) => {
    const { shape, dtype } = inputs[input] as KnownTensor;
    return [{ shape, dtype }];
  };
const cast: ShapeRule = (call) => [{ shape: first(call).shape, dtype: call.attribute('DstT') as number }];

/** NumPy's rule. */
function broadcastShape(tensors: KnownTensor[]): number[] {
  const rank = Math.max(...tensors.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sides = tensors.map(({ shape }) => shape[axis - rank + shape.length] ?? 1);
    return sides.find((side) => side !== 1) ?? 1;
  });
}
const broadcast: ShapeRule = (call) => [{ shape: broadcastShape(call.inputs), dtype: first(call).dtype }];
const compared: ShapeRule = ({ inputs }) => [{ shape: broadcastShape(inputs), dtype: dataType.bool }];
const reduced: ShapeRule = (call) => {
  const { shape, dtype } = first(call);
  const axes = numbers(call.inputs[1])?.map((axis) => (axis < 0 ? axis + shape.length : axis));
  if (!axes) return undefined;
  const kept = call.attribute('keep_dims') === true;
  const sides = shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  return [{ shape: kept ? sides : sides.filter((_, axis) => !axes.includes(axis)), dtype }];
};

/** The shape is the values of the input `at`; one side may be -1. */
const shapedBy =
  (at: number, typeOf: number): ShapeRule =>
  ({ inputs }) => {
    const wanted = numbers(inputs[at]);
    if (!wanted) return undefined;
    const { shape, dtype } = inputs[typeOf] as KnownTensor;
    const total = shape.reduce((product, side) => product * side, 1);
    const given = wanted.reduce((product, side) => (side < 0 ? product : product * side), 1);
    return [{ shape: wanted.map((side) => (side < 0 ? total / given : side)), dtype }];
  };

const transposed: ShapeRule = (call) => {
  const order = numbers(call.inputs[1]);
  const { shape, dtype } = first(call);
  return order && [{ shape: order.map((axis) => shape[axis] as number), dtype }];
};

const expanded: ShapeRule = (call) => {
  const axis = numbers(call.inputs[1])?.[0];
  const { shape, dtype } = first(call);
  return axis === undefined
    ? undefined
    : [{ shape: shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, 1), dtype }];
};

const tiled: ShapeRule = (call) => {
  const times = numbers(call.inputs[1]);
  const { shape, dtype } = first(call);
  return times && [{ shape: shape.map((side, axis) => side * (times[axis] as number)), dtype }];
};

const padded: ShapeRule = (call) => {
  const amounts = numbers(call.inputs[1]);
  const { shape, dtype } = first(call);
  const around = (axis: number) => (amounts?.[2 * axis] ?? 0) + (amounts?.[2 * axis + 1] ?? 0);
  return amounts && [{ shape: shape.map((side, axis) => side + around(axis)), dtype }];
};

const cut: ShapeRule = (call) => {
  const [begin, size] = [numbers(call.inputs[1]), numbers(call.inputs[2])];
  const { shape, dtype } = first(call);
  if (!begin || !size) return undefined;
  const sides = size.map((side, axis) => (side < 0 ? (shape[axis] as number) - (begin[axis] as number) : side));
  return [{ shape: sides, dtype }];
};

const joined: ShapeRule = ({ inputs }) => {
  const given = numbers(inputs.at(-1))?.[0];
  const parts = inputs.slice(0, -1);
  if (given === undefined) return undefined;
  const { shape, dtype } = parts[0] as KnownTensor;
  const axis = given < 0 ? given + shape.length : given;
  const length = parts.reduce((total, part) => total + (part.shape[axis] as number), 0);
  return [{ shape: shape.with(axis, length), dtype }];
};

const packed: ShapeRule = ({ inputs, attribute }) => {
  const { shape, dtype } = inputs[0] as KnownTensor;
  const axis = attribute('axis') as number;
  return [{ shape: shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, inputs.length), dtype }];
};

const unpacked: ShapeRule = (call) => {
  const { shape, dtype } = first(call);
  const axis = call.attribute('axis') as number;
  return Array.from({ length: call.outputs }, () => ({ shape: shape.toSpliced(axis, 1), dtype }));
};

const gathered: ShapeRule = (call) => {
  const [table, indices, axisInput] = call.inputs as [KnownTensor, KnownTensor, KnownTensor];
  const given = numbers(axisInput)?.[0];
  if (given === undefined) return undefined;
  const batchDims = (call.attribute('batch_dims') as number | undefined) ?? 0;
  const axis = given < 0 ? given + table.shape.length : given;
  const shape = table.shape.toSpliced(axis, 1, ...indices.shape.slice(batchDims));
  return [{ shape, dtype: table.dtype }];
};

const multiplied: ShapeRule = ({ inputs, attribute }) => {
  const [a, b] = inputs as [KnownTensor, KnownTensor];
  const rows = a.shape.at(attribute('adj_x') === true ? -1 : -2) as number;
  const columns = b.shape.at(attribute('adj_y') === true ? -2 : -1) as number;
  const stacks = broadcastShape([a, b].map(({ shape, dtype }) => ({ shape: shape.slice(0, -2), dtype })));
  return [{ shape: [...stacks, rows, columns], dtype: a.dtype }];
};

/** Height and width after a window (convolution or pooling) over NHWC. */
function windowed(call: OperationCall, window: number[], channels: number): KnownTensor[] | undefined {
  const padding = call.attribute('padding');
  if (call.attribute('data_format') !== 'NHWC' || (padding !== 'SAME' && padding !== 'VALID')) return undefined;
  const { shape, dtype } = first(call);
  const [strides, dilations] = [call.attribute('strides'), call.attribute('dilations') ?? [1, 1, 1, 1]] as number[][];
  const side = (axis: 1 | 2): number => {
    const reach = ((window[axis - 1] as number) - 1) * (dilations?.[axis] as number) + 1;
    const starts = padding === 'SAME' ? (shape[axis] as number) : (shape[axis] as number) - reach + 1;
    return Math.ceil(starts / (strides?.[axis] as number));
  };
  return [{ shape: [shape[0] as number, side(1), side(2), channels], dtype }];
}
const convolved: ShapeRule = (call) => {
  const [, filter] = call.inputs as [KnownTensor, KnownTensor];
  return windowed(call, filter.shape, filter.shape[3] as number);
};
const pooled: ShapeRule = (call) => {
  const [, height, width] = call.attribute('ksize') as number[];
  return windowed(call, [height as number, width as number], first(call).shape[3] as number);
};

/** The result, four statistics, and scratch that only the GPU's kernel has. */
const batchNormed: ShapeRule = (call) => {
  const { shape, dtype } = first(call);
  const channels = { shape: [shape.at(-1) as number], dtype };
  if (call.attribute('data_format') !== 'NHWC' || call.attribute('is_training') !== true) return undefined;
  return [{ shape, dtype }, channels, channels, channels, channels, { shape: [0], dtype }].slice(0, call.outputs);
};
const batchNormGradients: ShapeRule = (call) => {
  const { shape, dtype } = first(call);
  const [channels, none] = [
    { shape: [shape.at(-1) as number], dtype },
    { shape: [0], dtype },
  ];
  return call.attribute('data_format') === 'NHWC' ? [{ shape, dtype }, channels, channels, none, none] : undefined;
};

const rules: Record<string, ShapeRule> = {
  ...ownShapeRules,
  ...Object.fromEntries(
    names(`Abs Ceil Cos Cumsum Elu EluGrad Erf Exp Floor Log Log1p LogicalNot
      Neg Reciprocal Relu Relu6 ReluGrad ReverseV2 Round Rsqrt Sigmoid
      Sign Sin Softmax Softplus Sqrt Square Tanh ZerosLike AddN`).map((name) => [name, likeFirst]),
  ),
  ...Object.fromEntries(
    names(`Add Sub Mul RealDiv Maximum Minimum Pow SquaredDifference LogicalAnd
      LogicalOr`).map((name) => [name, broadcast]),
  ),
  ...Object.fromEntries(names('Equal NotEqual Greater GreaterEqual Less LessEqual').map((name) => [name, compared])),
  ...Object.fromEntries(names('All Max Mean Min Prod Sum').map((name) => [name, reduced])),
  BatchMatMulV2: multiplied,
  AvgPool: pooled,
  AvgPoolGrad: shapedBy(0, 1),
  Cast: cast,
  ConcatV2: joined,
  Conv2D: convolved,
  Conv2DBackpropFilter: shapedBy(1, 0),
  Conv2DBackpropInput: shapedBy(0, 1),
  ExpandDims: expanded,
  Fill: shapedBy(0, 1),
  FusedBatchNormGradV3: batchNormGradients,
  FusedBatchNormV3: batchNormed,
  GatherV2: gathered,
  MaxPool: pooled,
  MaxPoolGrad: like(0),
  Pack: packed,
  PadV2: padded,
  Reshape: shapedBy(1, 0),
  Select: like(1),
  Slice: cut,
  Tile: tiled,
  Transpose: transposed,
  Unpack: unpacked,
};

/**
 * Shapes and types of an operation's outputs by rule, without running it; undefined for a call that no rule covers. A test
 * compares each rule with what TensorFlow gives.
 */
export function inferShapes(call: OperationCall): KnownTensor[] | undefined {
  return Object.hasOwn(rules, call.name) ? (rules[call.name] as ShapeRule)(call) : undefined;
}

/** Names of the operations that have a rule. */
export const ruledOperations: readonly string[] = Object.keys(rules);
