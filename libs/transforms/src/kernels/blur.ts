import { kernel } from '../wasm/assemble.ts';
import {
  type Code,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  repeatWhile,
  set,
  stepTo,
  tee,
  v128,
} from '../wasm/instructions.ts';

import { double, float, type MakeLocal, storePair } from './lanes.ts';

/** Bytes of a pair of float64. */
const pair = 2 * double;
/** Values summed side by side, so that no addition waits for the one before. */
export const blurredAtOnce = 16;
const pairs = Array.from({ length: blurredAtOnce / 2 }, (_, i) => i);

/**
 * Code for the weighted sums of 16 neighbouring values. A weight is a pair of the same float64, at `weights` .. `weightsEnd`.
 * @param next moves `at`, which starts with the first tap's values, to the next tap's
 */
function sums(
  at: Local,
  { weights, weightsEnd, next }: { weights: Local; weightsEnd: Local; next: (weight: Local) => Code },
  local: MakeLocal,
): { code: Code; results: Local[] } {
  const results = pairs.map(() => local('v128'));
  const [weight, factor] = [local('i32'), local('v128')];
  const body = [
    ...next(weight),
    ...set(factor, v128.load(weight)),
    ...results.flatMap((sum, i) => set(sum, f64x2.add(sum, f64x2.mul(factor, v128.load(at, i * pair))))),
  ];
  const code = [
    ...results.flatMap((sum) => set(sum, f64x2.const(0))),
    ...set(weight, weights),
    ...stepTo(weight, weightsEnd, pair, body),
  ];
  return { code, results };
}

/**
 * Blurs the rows of a plane of float32 at `source` along their width, into rows of float64 (rounded to float32) at `out`.
 * `columns` has the byte offset in a row of each value of the row with its mirrored ends, int32; `wide` is room for these values.
 */
export const blurRows = kernel(
  {
    source: 'i32',
    sourceEnd: 'i32',
    rowBytes: 'i32',
    columns: 'i32',
    columnsEnd: 'i32',
    wide: 'i32',
    weights: 'i32',
    weightsEnd: 'i32',
    out: 'i32',
  },
  (p, local) => {
    const [column, to, first, at, rowEnd] = [1, 2, 3, 4, 5].map(() => local('i32')) as [
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    // `at` runs over the taps from one value before the first
    const next = () => set(at, i32.add(at, i32.const(double)));
    const { code, results } = sums(at, { weights: p.weights, weightsEnd: p.weightsEnd, next }, local);
    const widen = [
      ...f64.store(to, f64.promote(f32.load(i32.add(p.source, i32.load(column))))),
      ...set(to, i32.add(to, i32.const(double))),
    ];
    const sixteen = [
      ...set(at, i32.sub(first, i32.const(double))),
      ...code,
      ...results.flatMap((sum, i) => v128.store(to, f64x2.promote(f32x4.demote(sum)), i * pair)),
      ...set(to, i32.add(to, i32.const(blurredAtOnce * double))),
    ];
    const row = [
      ...set(column, p.columns),
      ...set(to, p.wide),
      ...stepTo(column, p.columnsEnd, float, widen),
      ...set(to, p.out),
      ...set(rowEnd, i32.add(tee(first, p.wide), i32.mul(p.rowBytes, i32.const(2)))),
      ...stepTo(first, rowEnd, blurredAtOnce * double, sixteen),
      ...set(p.out, i32.add(p.out, i32.mul(p.rowBytes, i32.const(2)))),
      ...set(p.source, i32.add(p.source, p.rowBytes)),
    ];
    return [repeatWhile(i32.lessThan(p.source, p.sourceEnd), row)];
  },
);

/**
 * Blurs rows of float64 along their height, into a plane of float32 at `out`, rows of `rowBytes`. `rows` has the address of
 * each row with those mirrored at both ends, int32; the first `rowsEnd - rows` bytes of it are where output rows begin.
 */
export const blurColumns = kernel(
  { rows: 'i32', rowsEnd: 'i32', rowBytes: 'i32', weights: 'i32', weightsEnd: 'i32', out: 'i32' },
  (p, local) => {
    const [along, row, at, to] = [1, 2, 3, 4].map(() => local('i32')) as [Local, Local, Local, Local];
    const next = (): Code => [...set(at, i32.add(i32.load(row), along)), ...set(row, i32.add(row, i32.const(float)))];
    const { code, results } = sums(at, { weights: p.weights, weightsEnd: p.weightsEnd, next }, local);
    const sixteen = [
      ...set(row, p.rows),
      ...code,
      ...results.flatMap((sum, i) => storePair(to, sum, i * double)),
      ...set(to, i32.add(to, i32.const(blurredAtOnce * float))),
    ];
    const line = [
      ...set(along, i32.const(0)),
      ...set(to, p.out),
      ...stepTo(along, i32.mul(p.rowBytes, i32.const(2)), blurredAtOnce * double, sixteen),
      ...set(p.out, i32.add(p.out, p.rowBytes)),
    ];
    return [stepTo(p.rows, p.rowsEnd, float, line)];
  },
);
