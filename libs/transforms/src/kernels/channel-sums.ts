import { kernel } from '../wasm/assemble.ts';
import { type Code, f32, f64, i32, type Local, set, stepTo } from '../wasm/instructions.ts';

import { double, float } from './lanes.ts';

/** Writes the float64 sums of the three planes, each from its start, one pixel after another, to `sums`. */
export const channelSums = kernel({ r: 'i32', g: 'i32', b: 'i32', end: 'i32', sums: 'i32' }, (p, local) => {
  const [r, g, b] = [local('f64'), local('f64'), local('f64')];
  const addTo = (sum: Local, at: Code) => set(sum, f64.add(sum, f64.promote(f32.load(at))));
  const next = (at: Local) => set(at, i32.add(at, i32.const(float)));
  return [
    stepTo(p.r, p.end, float, [...addTo(r, p.r), ...addTo(g, p.g), ...addTo(b, p.b), ...next(p.g), ...next(p.b)]),
    f64.store(p.sums, r),
    f64.store(p.sums, g, double),
    f64.store(p.sums, b, 2 * double),
  ];
});
