/**
 * WebAssembly instructions as functions: each takes the code of its operands and gives the code that computes its result, so
 * that a kernel reads as an expression. Named and numbered as in the specification,
 * https://webassembly.github.io/spec/core/binary/instructions.html.
 */
export type Code = readonly number[];
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

/** A local variable; as code it reads its value. */
export type Local = Code & { readonly index: number };

/** LEB128, as the format writes whole numbers from 0 to 2^32 - 1. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const float64 = (value: number): number[] => [...new Uint8Array(Float64Array.of(value).buffer)];
const float32 = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

export const readLocal = (index: number): Local => Object.assign([0x20, ...unsigned(index)], { index });
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local.index)];
export const tee = (local: Local, value: Code): Code => [...value, 0x22, ...unsigned(local.index)];

const operation =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];
const simd = (number: number) => operation(0xfd, ...unsigned(number));

/** Access at `address` + `offset`; the alignment hint is 1 byte, which is always allowed. */
const load =
  (...opcode: number[]) =>
  (address: Code, offset = 0): Code => [...address, ...opcode, 0, ...unsigned(offset)];
const store =
  (...opcode: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...opcode, 0, ...unsigned(offset)];
const storeLane =
  (number: number) =>
  (address: Code, value: Code, lane: number, offset = 0): Code => [
    ...address,
    ...value,
    0xfd,
    ...unsigned(number),
    0,
    ...unsigned(offset),
    lane,
  ];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: load(0x28),
  load8: load(0x2d),
  lessThan: operation(0x49),
  add: operation(0x6a),
  sub: operation(0x6b),
  mul: operation(0x6c),
  shiftLeft: operation(0x74),
};

export const f32 = {
  const: (value: number): Code => [0x43, ...float32(value)],
  load: load(0x2a),
  store: store(0x38),
  div: operation(0x95),
  convert: operation(0xb3),
};

export const f64 = {
  const: (value: number): Code => [0x44, ...float64(value)],
  store: store(0x39),
  add: operation(0xa0),
  promote: operation(0xbb),
};

export const v128 = {
  load: load(0xfd, 0x00),
  load64Splat: load(0xfd, 0x0a),
  store: store(0xfd, 0x0b),
  /** The bytes of two operands in a new order; 16 .. 31 are those of the second. */
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => [...a, ...b, 0xfd, 0x0d, ...bytes],
  and: simd(0x4e),
  /** The first without the bits of the second. */
  andNot: simd(0x4f),
  xor: simd(0x51),
  /** (ones, zeros, mask) */
  select: simd(0x52),
  store32Lane: storeLane(0x5a),
  store64Lane: storeLane(0x5b),
  load32Zero: load(0xfd, 0x5c),
  load64Zero: load(0xfd, 0x5d),
};

export const integers = {
  bytesToWords: simd(0x89),
  wordsToInts: simd(0xa9),
  intsToWords: simd(0x85),
  wordsToBytes: simd(0x66),
};

export const f32x4 = {
  splat: simd(0x13),
  eq: simd(0x41),
  ne: simd(0x42),
  lt: simd(0x43),
  gt: simd(0x44),
  /** Of a pair of float64, into the lower lanes. */
  demote: simd(0x5e),
  floor: simd(0x68),
  nearest: simd(0x6a),
  abs: simd(0xe0),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  /** b < a ? b : a */
  pmin: simd(0xea),
  /** a < b ? b : a */
  pmax: simd(0xeb),
  toInts: simd(0xf8),
  fromInts: simd(0xfa),
};

export const f64x2 = {
  splat: simd(0x14),
  const: (value: number): Code => f64x2.splat(f64.const(value)),
  eq: simd(0x47),
  ne: simd(0x48),
  ge: simd(0x4c),
  /** Of the lower two float32. */
  promote: simd(0x5f),
  floor: simd(0x75),
  add: simd(0xf0),
  sub: simd(0xf1),
  mul: simd(0xf2),
  div: simd(0xf3),
  /** b < a ? b : a */
  pmin: simd(0xf6),
  /** a < b ? b : a */
  pmax: simd(0xf7),
};

/** Runs `body` once, and again as long as `condition` holds. */
export const repeatWhile = (condition: Code, body: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

/** Runs `body` for `local` from where it stands, in steps, while it is below `end`; at least once. */
export const stepTo = (local: Local, end: Code, step: number, body: Code): Code =>
  repeatWhile(i32.lessThan(local, end), [...body, ...set(local, i32.add(local, i32.const(step)))]);
