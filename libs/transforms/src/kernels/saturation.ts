import { f64, f64x2, set } from '../wasm/instructions.ts';

import { clamping, hold, lumaOf } from './lanes.ts';
import { pixelKernel } from './pixels.ts';

/** clamp(f x + (1 - f) g, 0, 1) with g the grey value of each pixel. */
export const saturation = pixelKernel(([r, g, b], amount, local) => {
  const [factor, setFactor] = hold(local, f64x2.splat(amount));
  const [rest, setRest] = hold(local, f64x2.sub(f64x2.splat(f64.const(1)), f64x2.splat(amount)));
  const [clamp, prepare] = clamping(local);
  const [luma, weights] = lumaOf(local);
  const grey = local('v128');
  return {
    before: [setFactor, setRest, prepare, weights],
    code: [set(grey, f64x2.mul(rest, luma(r, g, b)))],
    result: [r, g, b].map((channel) => clamp(f64x2.add(f64x2.mul(factor, channel), grey))),
  };
});
