import { assemble, type Kernel } from '../wasm/assemble.ts';
import { type WasmMemory, WebAssembly } from '../wasm/web-assembly.ts';

import { affine } from './affine.ts';
import { alongHeight } from './along-height.ts';
import { alongWidthOfBytes, alongWidthOfPlanes, unrolledTaps } from './along-width.ts';
import { blurColumns, blurRows } from './blur.ts';
import { bytesToPlanes, planesToBytes } from './bytes.ts';
import { channelSums } from './channel-sums.ts';
import { grayscale } from './grayscale.ts';
import { hue } from './hue.ts';
import { mirrorRows } from './mirror-rows.ts';
import { saturation } from './saturation.ts';
import { solarize } from './solarize.ts';

const byTaps = { alongWidthOfBytes, alongWidthOfPlanes, alongHeight };

const plain = {
  affine,
  blurColumns,
  blurRows,
  bytesToPlanes,
  channelSums,
  grayscale,
  hue,
  mirrorRows,
  planesToBytes,
  saturation,
  solarize,
};

type Call = (...operands: number[]) => void;
/** The plain kernels, and those of a filter by its taps. */
export type Kernels = Record<keyof typeof plain, Call> & Record<keyof typeof byTaps, (taps: number) => Call>;

/** The kernels of this library, on a memory. */
export function kernelsOn(memory: WasmMemory): Kernels {
  const all: Record<string, Kernel> = { ...plain };
  for (const [name, make] of Object.entries(byTaps)) {
    all[name] = make();
    for (const taps of unrolledTaps) all[`${name}${taps}`] = make(taps);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(all)), { memory: { memory } });
  const calls = exports as Record<string, Call>;
  const choose = (name: keyof typeof byTaps) => {
    const unrolled = new Map(unrolledTaps.map((taps) => [taps, calls[`${name}${taps}`] as Call]));
    return (taps: number) => unrolled.get(taps) ?? (calls[name] as Call);
  };
  return {
    ...(calls as Record<keyof typeof plain, Call>),
    alongWidthOfBytes: choose('alongWidthOfBytes'),
    alongWidthOfPlanes: choose('alongWidthOfPlanes'),
    alongHeight: choose('alongHeight'),
  };
}
