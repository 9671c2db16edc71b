import { type Kernel, kernel } from '../wasm/assemble.ts';
import { type Code, f64x2, i32, type Local, set, stepTo, v128 } from '../wasm/instructions.ts';

import { double, float, loadPair, storePair } from './lanes.ts';

const vector = 4 * float;

/**
 * Resamples a plane along its height: rows of `rowBytes` from `source` to rows at `out`, a row for each of the int32 `starts`,
 * with `taps` float64 `weights` each. By fours: up to three values after the last row are read and written.
 * @param fixedTaps unrolls the sum; undefined reads the taps from the call
 */
export const alongHeight = (fixedTaps?: number): Kernel =>
  kernel(
    { source: 'i32', rowBytes: 'i32', starts: 'i32', startsEnd: 'i32', weights: 'i32', taps: 'i32', out: 'i32' },
    (p, local) => {
      const [from, to, rowEnd, weight, end, at] = [1, 2, 3, 4, 5, 6].map(() => local('i32')) as [
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      const [low, high, factor] = [local('v128'), local('v128'), local('v128')];
      const held = Array.from({ length: fixedTaps ?? 0 }, () => local('v128'));
      const add = (weights: Code): Code => [
        ...set(low, f64x2.add(low, f64x2.mul(weights, loadPair(at)))),
        ...set(high, f64x2.add(high, f64x2.mul(weights, loadPair(at, double)))),
        ...set(at, i32.add(at, p.rowBytes)),
      ];
      const looped = [
        ...set(weight, p.weights),
        ...stepTo(weight, end, double, [...set(factor, v128.load64Splat(weight)), ...add(factor)]),
      ];
      const four = [
        ...set(low, f64x2.const(0)),
        ...set(high, f64x2.const(0)),
        ...set(at, from),
        ...(fixedTaps === undefined ? looped : held.flatMap(add)),
        ...storePair(to, low),
        ...storePair(to, high, double),
        ...set(to, i32.add(to, i32.const(vector))),
      ];
      const row = [
        ...set(from, i32.add(p.source, i32.mul(i32.load(p.starts), p.rowBytes))),
        ...set(rowEnd, i32.add(from, p.rowBytes)),
        ...set(to, p.out),
        ...held.flatMap((weights, t) => set(weights, v128.load64Splat(p.weights, t * double))),
        ...set(end, i32.add(p.weights, i32.mul(p.taps, i32.const(double)))),
        ...stepTo(from, rowEnd, vector, four),
        ...set(p.weights, end),
        ...set(p.out, i32.add(p.out, p.rowBytes)),
      ];
      return [stepTo(p.starts, p.startsEnd, float, row)];
    },
  );
