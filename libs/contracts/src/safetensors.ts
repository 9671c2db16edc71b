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

/** Bytes of an element of each type of the format. */
const elementBytes: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, I16: 2, U16: 2, F16: 2, BF16: 2 },
  ...{ I32: 4, U32: 4, F32: 4, I64: 8, U64: 8, F64: 8 },
};

/** A tensor of a file of any origin: its element type by name, and its bytes, little-endian. */
export interface SafetensorsEntry {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

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
    else tensors[name] = readTensor(name, readEntry(bytes, dataAt, name, entry));
  }
  return { tensors, metadata };
}

/**
 * The tensors of a safetensors file that others wrote, of whatever element type, as bytes of the file.
 * @throws FormatError as `decodeSafetensors`, and for an element type that the format doesn't have
 */
export function entriesOfSafetensors(bytes: Uint8Array): Record<string, SafetensorsEntry> {
  const { header, dataAt } = readHeader(bytes);
  const named = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(named.map(([name, entry]) => [name, readEntry(bytes, dataAt, name, entry)]));
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

function readEntry(bytes: Uint8Array, dataAt: number, name: string, entry: unknown): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const width = typeof dtype === 'string' && Object.hasOwn(elementBytes, dtype) ? elementBytes[dtype] : undefined;
  if (width === undefined)
    throw new FormatError(`safetensors: ${name} has dtype ${String(dtype)}; known: ${Object.keys(arrays).join(', ')}`);
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize) || !Array.isArray(offsets) || !offsets.every(isSize))
    throw new FormatError(`safetensors: ${name} has no valid shape and offsets`);
  const [from, to] = offsets as [number, number];
  if (to - from !== sizeOf(shape as number[]) * width || dataAt + to > bytes.length)
    throw new FormatError(
      `safetensors: ${name} [${shape.join(', ')}] does not fit its bytes ${from} to ${to} of ${bytes.length - dataAt}`,
    );
  return { dtype: dtype as string, shape: shape as number[], bytes: bytes.subarray(dataAt + from, dataAt + to) };
}

function readTensor(name: string, { dtype, shape, bytes }: SafetensorsEntry): HostTensor {
  if (!Object.hasOwn(arrays, dtype))
    throw new FormatError(`safetensors: ${name} has dtype ${dtype}; known: ${Object.keys(arrays).join(', ')}`);
  const Type = arrays[dtype as TensorDtype];
  const data =
    bytes.byteOffset % Type.BYTES_PER_ELEMENT === 0
      ? new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, sizeOf(shape))
      : new Type(new Uint8Array(bytes).buffer);
  return { dtype: dtype as TensorDtype, shape, data };
}
