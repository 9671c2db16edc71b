import { type Kernel, kernel } from '../wasm/assemble.ts';
import {
  type Code,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  integers,
  type Local,
  set,
  stepTo,
  tee,
  v128,
} from '../wasm/instructions.ts';

import { double, float, hold, type MakeLocal } from './lanes.ts';

/** A pixel of a row that is read: r, g, b as float64, and one unused. */
export const wideBytes = 4 * double;
const wideShift = 5;
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/** Code that writes the pixel at `from` to `to` as a wide one, and steps `from` on to the next. */
type Widen = (from: Local, to: Local, plane: Local, local: MakeLocal) => { before: Code; code: Code };

/** From bytes, divided by 255 in float32. One byte after the pixel is read, too. */
const widenBytes: Widen = (from, to, _plane, local) => {
  const [scale, before] = hold(local, f32x4.splat(f32.const(255)));
  const quad = local('v128');
  const ints = integers.wordsToInts(integers.bytesToWords(v128.load32Zero(from)));
  const code = [
    ...set(quad, f32x4.div(f32x4.fromInts(ints), scale)),
    ...v128.store(to, f64x2.promote(quad)),
    ...v128.store(to, f64x2.promote(v128.shuffle(quad, quad, upperHalf)), 2 * double),
    ...set(from, i32.add(from, i32.const(3))),
  ];
  return { before, code };
};

/** From three planes of float32, each `plane` bytes after the one before. */
const widenPlanes: Widen = (from, to, plane, local) => {
  const at = local('i32');
  const code = [
    ...f64.store(to, f64.promote(f32.load(tee(at, from)))),
    ...f64.store(to, f64.promote(f32.load(tee(at, i32.add(at, plane)))), double),
    ...f64.store(to, f64.promote(f32.load(i32.add(at, plane))), 2 * double),
    ...set(from, i32.add(from, i32.const(float))),
  ];
  return { before: [], code };
};

/**
 * Resamples `rows` rows of `pixels` pixels, a row of the image `rowBytes` after the one before, into rows of three planes.
 * `starts` are int32, one an output pixel; `weights` float64, `taps` an output pixel; `wide` is room for a row of wide pixels.
 * @param fixedTaps unrolls the sum; undefined reads the taps from the call
 */
function alongWidth(widen: Widen, fixedTaps?: number): Kernel {
  return kernel(
    {
      source: 'i32',
      sourcePlane: 'i32',
      rowBytes: 'i32',
      rows: 'i32',
      pixels: 'i32',
      starts: 'i32',
      startsEnd: 'i32',
      weights: 'i32',
      taps: 'i32',
      wide: 'i32',
      out: 'i32',
      outPlane: 'i32',
    },
    (p, local) => {
      const [from, to, start, weight, row] = ['i32', 'i32', 'i32', 'i32', 'i32'].map(() => local('i32')) as [
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      const { before, code } = widen(from, to, p.sourcePlane, local);
      const sum = weightedSum(p, { start, weight }, local, fixedTaps);
      const wideEnd = i32.add(p.wide, i32.mul(p.pixels, i32.const(wideBytes)));
      const body = [
        ...set(from, p.source),
        ...set(to, p.wide),
        ...stepTo(to, wideEnd, wideBytes, code),
        ...set(weight, p.weights),
        ...set(start, p.starts),
        ...stepTo(start, p.startsEnd, float, sum),
        ...set(p.source, i32.add(p.source, p.rowBytes)),
      ];
      return [before, stepTo(row, p.rows, 1, body)];
    },
  );
}

/** One output pixel: red and green are summed in one pair, blue in another. */
function weightedSum(
  { wide, taps, out, outPlane }: Record<'wide' | 'taps' | 'out' | 'outPlane', Local>,
  { start, weight }: Record<'start' | 'weight', Local>,
  local: MakeLocal,
  fixedTaps: number | undefined,
): Code {
  const [pixel, end, plane] = [local('i32'), local('i32'), local('i32')];
  const [redGreen, blue, factor] = [local('v128'), local('v128'), local('v128')];
  const add = (sum: Local, offset: number) => set(sum, f64x2.add(sum, f64x2.mul(factor, v128.load(pixel, offset))));
  const tap = (t: number) => [
    ...set(factor, v128.load64Splat(weight, t * double)),
    ...add(redGreen, t * wideBytes),
    ...add(blue, t * wideBytes + 2 * double),
  ];
  const unrolled = Array.from({ length: fixedTaps ?? 0 }, (_, t) => tap(t)).flat();
  const looped = stepTo(weight, end, double, [...tap(0), ...set(pixel, i32.add(pixel, i32.const(wideBytes)))]);
  return [
    ...set(pixel, i32.add(wide, i32.shiftLeft(i32.load(start), i32.const(wideShift)))),
    ...set(redGreen, f64x2.const(0)),
    ...set(blue, f64x2.const(0)),
    ...set(end, i32.add(weight, i32.mul(taps, i32.const(double)))),
    ...(fixedTaps === undefined ? looped : [...unrolled, ...set(weight, end)]),
    ...v128.store32Lane(out, tee(redGreen, f32x4.demote(redGreen)), 0),
    ...v128.store32Lane(tee(plane, i32.add(out, outPlane)), redGreen, 1),
    ...v128.store32Lane(i32.add(plane, outPlane), f32x4.demote(blue), 0),
    ...set(out, i32.add(out, i32.const(float))),
  ];
}

/** Filters of two to five pixels, by far the commonest, are unrolled. */
export const unrolledTaps: readonly number[] = [2, 3, 4, 5];

export const alongWidthOfBytes = (taps?: number): Kernel => alongWidth(widenBytes, taps);
export const alongWidthOfPlanes = (taps?: number): Kernel => alongWidth(widenPlanes, taps);
