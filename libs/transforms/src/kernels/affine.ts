import { kernel } from '../wasm/assemble.ts';
import { f64x2, stepTo } from '../wasm/instructions.ts';

import { clamping, double, hold, loadPair, storePair } from './lanes.ts';

/** clamp(factor x + offset, 0, 1) of the values from `at` to `end`: brightness, and contrast once the mean is known. */
export const affine = kernel({ at: 'i32', end: 'i32', factor: 'f64', offset: 'f64' }, (p, local) => {
  const [factor, setFactor] = hold(local, f64x2.splat(p.factor));
  const [offset, setOffset] = hold(local, f64x2.splat(p.offset));
  const [clamp, prepare] = clamping(local);
  const pair = (at: number) => storePair(p.at, clamp(f64x2.add(f64x2.mul(factor, loadPair(p.at, at)), offset)), at);
  return [setFactor, setOffset, prepare, stepTo(p.at, p.end, 2 * double, [...pair(0), ...pair(double)])];
});
