import { type Code, f32x4, f64x2, type Local, set, v128, type ValueType } from '../wasm/instructions.ts';

/** Makes a local variable of the kernel. */
export type MakeLocal = (type: ValueType) => Local;

/** Bytes of a float32 and of a float64. */
export const [float, double] = [4, 8];

/** Two float32 as a pair of float64, in which all sums and products are formed. */
export const loadPair = (address: Code, offset = 0): Code => f64x2.promote(v128.load64Zero(address, offset));
/** A pair rounded to float32. */
export const storePair = (address: Code, pair: Code, offset = 0): Code =>
  v128.store64Lane(address, f32x4.demote(pair), 0, offset);

/** A variable with the same float64 in both lanes, and the code that sets it. */
export function hold(local: MakeLocal, value: Code): [Local, Code] {
  const held = local('v128');
  return [held, set(held, value)];
}

/** A function that holds a pair to 0..1, and the code that prepares it. */
export function clamping(local: MakeLocal): [(pair: Code) => Code, Code] {
  const [zero, setZero] = hold(local, f64x2.const(0));
  const [one, setOne] = hold(local, f64x2.const(1));
  return [(pair) => f64x2.pmax(f64x2.pmin(pair, one), zero), [...setZero, ...setOne]];
}

/** The grey value of pairs of colours: see `luma`. */
export function lumaOf(local: MakeLocal): [(r: Code, g: Code, b: Code) => Code, Code] {
  const [red, setRed] = hold(local, f64x2.const(0.2989));
  const [green, setGreen] = hold(local, f64x2.const(0.587));
  const [blue, setBlue] = hold(local, f64x2.const(0.114));
  const grey = (r: Code, g: Code, b: Code) =>
    f64x2.add(f64x2.add(f64x2.mul(red, r), f64x2.mul(green, g)), f64x2.mul(blue, b));
  return [grey, [...setRed, ...setGreen, ...setBlue]];
}

/** Two of four float32 lanes as a pair of float64, and their masks as masks of pairs. */
export interface Pair {
  widen(values: Code): Code;
  mask(lanes: Local): Code;
}

const lanes = (...order: number[]) => order.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));

export const lowerPair: Pair = {
  widen: f64x2.promote,
  mask: (mask) => v128.shuffle(mask, mask, lanes(0, 0, 1, 1)),
};
export const upperPair: Pair = {
  widen: (values) => f64x2.promote(v128.shuffle(values, values, lanes(2, 3, 2, 3))),
  mask: (mask) => v128.shuffle(mask, mask, lanes(2, 2, 3, 3)),
};

/** The lower lanes of two vectors: of two demoted pairs, four float32. */
export const joined = (lower: Code, upper: Code): Code => v128.shuffle(lower, upper, lanes(0, 1, 4, 5));
