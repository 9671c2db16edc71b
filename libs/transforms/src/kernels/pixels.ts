import { type Kernel, kernel } from '../wasm/assemble.ts';
import { type Code, i32, type Local, set, stepTo } from '../wasm/instructions.ts';

import { double, loadPair, type MakeLocal, storePair } from './lanes.ts';

type Channels = [r: Local, g: Local, b: Local];

/**
 * A kernel over pixels: the three planes start at r, g and b, the first ends at `end`; two pixels a step, as float64.
 * @param change gives the code before the loop, the code for two pixels, and the new channels
 */
export function pixelKernel(
  change: (channels: Channels, amount: Local, local: MakeLocal) => { before: Code[]; code: Code[]; result: Code[] },
): Kernel {
  return kernel({ r: 'i32', g: 'i32', b: 'i32', end: 'i32', amount: 'f64' }, (p, local) => {
    const planes = [p.r, p.g, p.b];
    const channels: Channels = [local('v128'), local('v128'), local('v128')];
    const { before, code, result } = change(channels, p.amount, local);
    const body = [
      ...channels.map((channel, c) => set(channel, loadPair(planes[c] as Local))),
      ...code,
      ...result.map((value, c) => storePair(planes[c] as Local, value)),
      ...planes.slice(1).map((at) => set(at, i32.add(at, i32.const(double)))),
    ];
    return [...before, stepTo(p.r, p.end, double, body.flat())];
  });
}
