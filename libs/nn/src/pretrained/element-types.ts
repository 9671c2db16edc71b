import type { SafetensorsEntry } from '#lib/contracts';

const word = new DataView(new ArrayBuffer(4));

type Reader = (view: DataView, at: number) => number;

/** Float types that weights are published in; every value of the half types is a float32, of F64 it is rounded. */
const readers: Readonly<Record<string, { width: number; read: Reader }>> = {
  F32: { width: 4, read: (view, at) => view.getFloat32(at, true) },
  F64: { width: 8, read: (view, at) => view.getFloat64(at, true) },
  F16: { width: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { width: 2, read: bfloat16 },
};

export const floatTypes = Object.keys(readers);

/** The values of a tensor of a float type, where they lie in the file if they are float32 already; undefined for another type. */
export function floatsOf({ dtype, bytes }: SafetensorsEntry): Float32Array | undefined {
  const type = Object.hasOwn(readers, dtype) ? readers[dtype] : undefined;
  if (!type) return undefined;
  if (dtype === 'F32' && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / type.width);
  for (let i = 0; i < values.length; i++) values[i] = type.read(view, i * type.width);
  return values;
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24; // subnormal
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32. */
function bfloat16(view: DataView, at: number): number {
  word.setUint32(0, view.getUint16(at, true) * 0x10000);
  return word.getFloat32(0);
}
