import type { ParameterSpec } from '../module.ts';
import { initialise } from '../initialise.ts';
import { type NamedArray, toTorchState } from '../torch-names.ts';

/** A tensor of a file: its element type and its bytes. */
export interface RawTensor {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

/** Float32 values as a tensor of a file. */
export function rawTensor({ shape, data }: NamedArray): RawTensor {
  return { dtype: 'F32', shape, bytes: new Uint8Array(data.slice().buffer) };
}

/** What torch keeps beside weights: a counter of batch norm, an I64 of shape []. */
export const counter: RawTensor = { dtype: 'I64', shape: [], bytes: new Uint8Array(8) };

/** A safetensors file of any element types. */
export function fileOf(tensors: Record<string, RawTensor>): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let at = 8 + json.length;
  for (const { bytes } of Object.values(tensors)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** An encoder's first values, every one of them another than its default, and the same as torch would save them. */
export function exported(parameters: readonly ParameterSpec[], seed = 7) {
  const drawn: ParameterSpec[] = parameters.map((parameter) => ({ ...parameter, init: { kind: 'normal', std: 1 } }));
  const values = initialise(drawn, seed);
  const arrays = parameters.map(({ name, shape }) => [name, { shape, data: values[name] as Float32Array }] as const);
  const torch = Object.entries(toTorchState(Object.fromEntries(arrays)));
  return { values, tensors: Object.fromEntries(torch.map(([name, array]) => [name, rawTensor(array)])) };
}
