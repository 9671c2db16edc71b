import { FormatError } from './errors.ts';

/** The element types that Unlabel writes, by their safetensors names. */
const arrays = { F32: Float32Array, I32: Int32Array, U8: Uint8Array, U32: Uint32Array } as const;

export type TensorArray = Float32Array | Int32Array | Uint8Array | Uint32Array;
export type TensorDtype = keyof typeof arrays;

/** A tensor on the host: row-major values and their shape. */
export interface HostTensor {
  dtype: TensorDtype;
  shape: number[];
  data: TensorArray;
}

/** A header is believed only below this size: a few million tensors' worth of names. */
const maxHeaderBytes = 64 * 1024 * 1024;
const alignBytes = 8;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Wraps a typed array as a tensor. @throws FormatError if the shape and the number of values disagree */
export function hostTensor(data: TensorArray, shape: readonly number[]): HostTensor {
  if (sizeOf(shape) !== data.length)
    throw new FormatError(`hostTensor: shape [${shape.join(', ')}] holds ${sizeOf(shape)} values, got ${data.length}`);
  const dtype = (Object.keys(arrays) as TensorDtype[]).find((name) => data instanceof arrays[name]);
  if (!dtype) throw new FormatError('hostTensor: values must be Float32Array, Int32Array, Uint32Array or Uint8Array');
  return { dtype, shape: [...shape], data };
}

/**
 * Writes tensors as a safetensors file (https://github.com/huggingface/safetensors): 8 bytes header length, JSON header,
 * data. Names are sorted, so equal tensors give equal bytes; the header is padded with spaces to 8 bytes.
 */
export function encodeSafetensors(tensors: Record<string, HostTensor>, metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  const names = Object.keys(tensors).sort();
  let end = 0;
  for (const name of names) {
    const { dtype, shape, data } = tensors[name] as HostTensor;
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  let json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / alignBytes) * alignBytes;
  if (padded > json.length) {
    const spaces = new Uint8Array(padded).fill(0x20);
    spaces.set(json);
    json = spaces;
  }
  const bytes = new Uint8Array(8 + json.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let at = 8 + json.length;
  for (const name of names) {
    const { data } = tensors[name] as HostTensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Arrays view `bytes` where the alignment allows it and are copies otherwise.
 * @throws FormatError for a header that is cut short, too long, not JSON, or whose offsets leave the data or disagree with the shape
 */
export function decodeSafetensors(bytes: Uint8Array): {
  tensors: Record<string, HostTensor>;
  metadata: Record<string, string>;
} {
  const { header, dataAt } = readHeader(bytes);
  const tensors: Record<string, HostTensor> = {};
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = entry as Record<string, string>;
    else tensors[name] = readTensor(bytes, dataAt, name, entry);
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataAt: number } {
  if (bytes.length < 8)
    throw new FormatError(`safetensors: the file has ${bytes.length} bytes, a header needs 8 or more`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes || length > bytes.length - 8)
    throw new FormatError(
      `safetensors: the header claims ${length} bytes, the file has ${bytes.length - 8} after its length`,
    );
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
    if (typeof header !== 'object' || header === null || Array.isArray(header)) throw new TypeError('not an object');
    return { header: header as Record<string, unknown>, dataAt: 8 + length };
  } catch (cause) {
    throw new FormatError('safetensors: the header is not a JSON object', { cause });
  }
}

function readTensor(bytes: Uint8Array, dataAt: number, name: string, entry: unknown): HostTensor {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = entry as { dtype: TensorDtype; shape: number[]; data_offsets: number[] };
  const Type = arrays[dtype];
  if (!Type)
    throw new FormatError(`safetensors: ${name} has dtype ${String(dtype)}; known: ${Object.keys(arrays).join(', ')}`);
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize) || !Array.isArray(offsets) || !offsets.every(isSize))
    throw new FormatError(`safetensors: ${name} has no valid shape and offsets`);
  const [from, to] = offsets as [number, number];
  if (to - from !== sizeOf(shape) * Type.BYTES_PER_ELEMENT || dataAt + to > bytes.length)
    throw new FormatError(
      `safetensors: ${name} [${shape.join(', ')}] does not fit its bytes ${from} to ${to} of ${bytes.length - dataAt}`,
    );
  const at = bytes.byteOffset + dataAt + from;
  const data =
    at % Type.BYTES_PER_ELEMENT === 0
      ? new Type(bytes.buffer as ArrayBuffer, at, sizeOf(shape))
      : new Type(bytes.slice(dataAt + from, dataAt + to).buffer);
  return { dtype, shape, data };
}
