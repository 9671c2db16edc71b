import { kernel } from '../wasm/assemble.ts';
import { f64x2, set, stepTo, v128 } from '../wasm/instructions.ts';

import { double, hold, loadPair, storePair } from './lanes.ts';

/** 1 - x where x ≥ threshold, else x, for the values from `at` to `end`. */
export const solarize = kernel({ at: 'i32', end: 'i32', threshold: 'f64' }, (p, local) => {
  const [threshold, setThreshold] = hold(local, f64x2.splat(p.threshold));
  const [one, setOne] = hold(local, f64x2.const(1));
  const value = local('v128');
  const inverted = v128.select(f64x2.sub(one, value), value, f64x2.ge(value, threshold));
  const body = [...set(value, loadPair(p.at)), ...storePair(p.at, inverted)];
  return [setThreshold, setOne, stepTo(p.at, p.end, double, body)];
});
