import { UsageError } from '#lib/contracts';

/** Values with a shape, as files hold them. */
export interface NamedArray {
  shape: number[];
  data: Float32Array;
}

/**
 * Parameters are kept under torch's state_dict names, but in tfjs's layout. A weight of two axes is [out, in] in torch and
 * [in, out] here; one of four is [out, in, kH, kW] in torch and [kH, kW, in, out] here; the rest is the same.
 */
const toTorchAxes: Record<number, number[]> = { 2: [1, 0], 4: [3, 2, 0, 1] };
const fromTorchAxes: Record<number, number[]> = { 2: [1, 0], 4: [2, 3, 1, 0] };

/** One state_dict entry from torch's layout to tfjs's. */
export function fromTorchLayout(array: NamedArray): NamedArray {
  return permute(array, fromTorchAxes[array.shape.length]);
}

/** The shape in torch's layout of a parameter of tfjs's. */
export function toTorchShape(shape: readonly number[]): number[] {
  return (toTorchAxes[shape.length] ?? shape.map((_, axis) => axis)).map((axis) => shape[axis] as number);
}

/** One parameter from tfjs's layout to torch's. */
export function toTorchLayout(array: NamedArray): NamedArray {
  return permute(array, toTorchAxes[array.shape.length]);
}

/**
 * A torch state_dict as named parameters: layouts changed, batch norm's `num_batches_tracked` left out (nothing here
 * depends on it), torch.nn.MultiheadAttention's names changed to timm's.
 */
export function fromTorchState(state: Record<string, NamedArray>): Record<string, NamedArray> {
  const entries = Object.entries(state).filter(([name]) => !name.endsWith('num_batches_tracked'));
  return Object.fromEntries(entries.map(([name, array]) => [timmName(name), fromTorchLayout(array)]));
}

/** Named parameters as a torch state_dict under timm's names. */
export function toTorchState(state: Record<string, NamedArray>): Record<string, NamedArray> {
  return Object.fromEntries(Object.entries(state).map(([name, array]) => [name, toTorchLayout(array)]));
}

/** torch.nn.MultiheadAttention stacks q, k and v as timm's Attention does; only the names differ. */
function timmName(name: string): string {
  return name
    .replace(/(^|\.)in_proj_(weight|bias)$/, '$1qkv.$2')
    .replace(/(^|\.)out_proj\.(weight|bias)$/, '$1proj.$2');
}

function permute({ shape, data }: NamedArray, axes: number[] | undefined): NamedArray {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) throw new UsageError(`torch layout: [${shape}] has ${size} numbers, got ${data.length}`);
  if (!axes) return { shape: [...shape], data: data.slice() };
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const outShape = axes.map((axis) => shape[axis] as number);
  const outStrides = axes.map((axis) => strides[axis] as number);
  const out = new Float32Array(size);
  const index = outShape.map(() => 0);
  for (let i = 0, from = 0; i < size; i++) {
    out[i] = data[from] as number;
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      from += outStrides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (outShape[axis] as number)) break;
      from -= (outStrides[axis] as number) * (outShape[axis] as number);
      index[axis] = 0;
    }
  }
  return { shape: outShape, data: out };
}
