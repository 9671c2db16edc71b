import { attribute, type Attributes } from './graph.ts';

/** An operation that a step runs while it is recorded. */
export interface RecordedCall {
  name: string;
  /** of the inputs */
  shapes: readonly number[][];
  /** an attribute's value; undefined where it isn't given */
  attribute(name: string): unknown;
  /** whether it is a layer's product */
  isInLayer: boolean;
}

/** An own kernel in the place of a float32 operation, some of whose operands it takes in bfloat16. */
export interface OwnForm {
  operation: string;
  /** positions among the inputs of the operation that it stands for */
  operands: readonly number[];
  /** which of these are bfloat16 */
  narrow: readonly boolean[];
  attributes: Attributes;
  /** default: false, it is float32 */
  isResultNarrow?: boolean;
}

/** What of processors multiplies bfloat16. */
export const withProducts: ReadonlySet<string | undefined> = new Set(['avx512bf16', 'amxbf16']);

/**
 * The own kernel that takes the place of an operation in bfloat16, where there is one.
 * @param call with, for each input, whether it is bfloat16 already
 * @param kernels what of the processor the own kernels use
 */
export function ownFormOf(call: RecordedCall & { isNarrow: readonly boolean[] }, kernels: string): OwnForm | undefined {
  const hasProducts = withProducts.has(kernels);
  if (call.name === 'Conv2DBackpropFilter') return hasProducts ? filterGradient(call) : undefined;
  if (call.name === 'BatchMatMulV2') return hasProducts ? weightGradient(call) : undefined;
  if (call.name === 'Add') return sumOfMaps(call);
  return undefined;
}

/** Twice as fast as oneDNN's, and its sums stay float32. */
function filterGradient({ shapes, attribute: given }: RecordedCall): OwnForm | undefined {
  const [dilations, strides] = ['dilations', 'strides'].map(given) as [number[] | undefined, number[]];
  const padding = given('padding');
  const channels = shapes[2]?.[3] as number;
  const isPlain =
    given('data_format') !== 'NCHW' && strides[1] === strides[2] && (dilations ?? []).every((side) => side === 1);
  if (!isPlain || channels % 16 !== 0 || (padding !== 'SAME' && padding !== 'VALID')) return undefined;
  return {
    operation: 'UnlabelConvFilterGradient',
    operands: [0, 1, 2],
    narrow: [true, false, true],
    attributes: {
      stride: attribute.integer(strides[1] as number),
      same: attribute.boolean(padding === 'SAME'),
    },
  };
}

/** The product Xᵀ dY of two matrices, in float32 sums that need no cast. */
function weightGradient({ shapes, attribute: given, isInLayer }: RecordedCall): OwnForm | undefined {
  const areMatrices = shapes.every(({ length }) => length === 2);
  const isTransposed = given('adj_x') === true && given('adj_y') !== true;
  if (!isInLayer || !isTransposed || !areMatrices) return undefined;
  const [[rows], [, columns]] = shapes as [[number, number], [number, number]];
  if (rows % 2 !== 0 || columns % 16 !== 0) return undefined;
  return { operation: 'UnlabelWeightGradient', operands: [0, 1], narrow: [true, true], attributes: {} };
}

/** A residual in float32 and what a layer adds to it, without a cast between; or two narrow maps. */
function sumOfMaps({ shapes, isNarrow }: RecordedCall & { isNarrow: readonly boolean[] }): OwnForm | undefined {
  const [a = [], b = []] = shapes;
  if (a.join() !== b.join() || !isNarrow.includes(true)) return undefined;
  if (isNarrow[0] && isNarrow[1])
    return { operation: 'UnlabelAdd', operands: [0, 1], narrow: [true, true], attributes: {}, isResultNarrow: true };
  const operands = isNarrow[1] ? [0, 1] : [1, 0];
  return { operation: 'UnlabelAddNarrow', operands, narrow: [false, true], attributes: {} };
}
