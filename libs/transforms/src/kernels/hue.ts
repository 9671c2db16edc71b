import { kernel } from '../wasm/assemble.ts';
import { type Code, f32, f32x4, f64x2, i32, type Local, set, stepTo, v128 } from '../wasm/instructions.ts';

import { float, hold, joined, lowerPair, type MakeLocal, type Pair, upperPair } from './lanes.ts';

const { add, div, floor, ge, mul, sub } = f64x2;
const vector = 4 * float;

/** Variables of a kernel, by name. */
const variables = <Name extends string>(local: MakeLocal, ...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, local('v128')])) as Record<Name, Local>;

/**
 * The hue turned by `turn` sixths of a turn, 0 .. 6: see `hue` in ../hue.ts, whose names these are. Four pixels a step: what
 * is selected and compared as float32, the arithmetic as pairs of float64.
 */
export const hue = kernel({ r: 'i32', g: 'i32', b: 'i32', end: 'i32', amount: 'f64' }, (p, local) => {
  const { r, g, b, max, min } = variables(local, 'r', 'g', 'b', 'max', 'min');
  const { isRed, isGreen, falling, rising, sector } = variables(
    local,
    'isRed',
    'isGreen',
    'falling',
    'rising',
    'sector',
  );
  const { middle, toMax, toMin } = variables(local, 'middle', 'toMax', 'toMin');
  const { half, before: prepare } = turning({ r, g, b, max, min, isRed, isGreen }, p.amount, local);
  const [lower, upper] = [half(lowerPair), half(upperPair)];
  const distance = local('v128');
  const constant = (value: number) => hold(local, f32x4.splat(f32.const(value)));
  const constants = [0.5, 1, 1.5, 2, 2.5, 3.5].map(constant);
  const [oneHalf, one, threeHalves, two, fiveHalves, sevenHalves] = constants.map(([held]) => held) as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  // A channel is max in the two sectors around `peak` (or min around the sector opposite), middle in those beside them.
  const channel = (center: Local, near: Local, far: Local): Code => [
    ...set(distance, f32x4.abs(f32x4.sub(sector, center))),
    ...v128.xor(v128.xor(middle, v128.and(near, f32x4.lt(distance, one))), v128.and(far, f32x4.gt(distance, two))),
  ];
  const isOdd = f32x4.ne(f32x4.mul(sector, oneHalf), f32x4.floor(f32x4.mul(sector, oneHalf)));
  const body = [
    ...[r, g, b].flatMap((value, c) => set(value, v128.load([p.r, p.g, p.b][c] as Local))),
    ...set(max, f32x4.pmax(f32x4.pmax(r, g), b)),
    ...set(min, f32x4.pmin(f32x4.pmin(r, g), b)),
    ...set(isRed, f32x4.eq(max, r)),
    ...set(isGreen, f32x4.eq(max, g)),
    ...lower.code,
    ...upper.code,
    ...set(sector, joined(lower.sector, upper.sector)),
    ...set(rising, joined(lower.rising, upper.rising)),
    ...set(falling, joined(lower.falling, upper.falling)),
    ...set(middle, v128.select(falling, rising, isOdd)),
    ...set(middle, v128.select(max, middle, f32x4.eq(max, min))), // greys have no hue
    ...set(toMax, v128.xor(max, middle)),
    ...set(toMin, v128.xor(min, middle)),
    ...v128.store(p.r, channel(fiveHalves, toMin, toMax)),
    ...v128.store(p.g, channel(threeHalves, toMax, toMin)),
    ...v128.store(p.b, channel(sevenHalves, toMax, toMin)),
    ...[p.g, p.b].flatMap((at) => set(at, i32.add(at, i32.const(vector)))),
  ];
  const before = constants.map(([, setConstant]) => setConstant);
  return [...before, prepare, stepTo(p.r, p.end, vector, body)];
});

type Colour = Record<'r' | 'g' | 'b' | 'max' | 'min' | 'isRed' | 'isGreen', Local>;

/** Code for the sector, and for the two values that a turned colour may have in the middle, of two of the four pixels. */
function turning(colour: Colour, amount: Local, local: MakeLocal) {
  const { r, g, b, max, min, chroma, angle } = variables(local, 'r', 'g', 'b', 'max', 'min', 'chroma', 'angle');
  const { isRed, isGreen, along } = variables(local, 'isRed', 'isGreen', 'along');
  const [turn, setTurn] = hold(local, f64x2.splat(amount));
  const constants = [2, 4, 6, 12].map((value) => hold(local, f64x2.const(value)));
  const [two, four, six, twelve] = constants.map(([held]) => held) as [Local, Local, Local, Local];
  const difference = v128.select(sub(g, b), v128.select(sub(b, r), sub(r, g), isGreen), isRed);
  const base = add(six, v128.andNot(v128.select(two, four, isGreen), isRed)); // red 6, green 8, blue 10
  const wraps = add(v128.and(six, ge(angle, six)), v128.and(six, ge(angle, twelve)));
  const half = ({ widen, mask }: Pair) => {
    const { sector, rising, falling } = variables(local, 'sector', 'rising', 'falling');
    const code = [
      ...Object.entries({ r, g, b, max, min }).flatMap(([name, value]) => set(value, widen(colour[name as 'r']))),
      ...set(isRed, mask(colour.isRed)),
      ...set(isGreen, mask(colour.isGreen)),
      ...set(chroma, sub(max, min)),
      ...set(angle, add(add(base, div(difference, chroma)), turn)),
      ...set(angle, sub(angle, wraps)),
      ...set(sector, floor(angle)),
      ...set(along, mul(chroma, sub(angle, sector))),
      ...set(sector, f32x4.demote(sector)),
      ...set(rising, f32x4.demote(add(min, along))),
      ...set(falling, f32x4.demote(sub(max, along))),
    ];
    return { code, sector, rising, falling };
  };
  return { half, before: [...setTurn, ...constants.flatMap(([, setConstant]) => setConstant)] };
}
