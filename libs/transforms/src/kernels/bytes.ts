import { kernel } from '../wasm/assemble.ts';
import { type Code, f32, f32x4, i32, integers, type Local, set, stepTo, v128 } from '../wasm/instructions.ts';

import { float, hold } from './lanes.ts';

/** Interleaved bytes from `source`, divided by 255 in float32, to three planes at `r`, `g` and `b`; the first ends at `end`. */
export const bytesToPlanes = kernel({ source: 'i32', r: 'i32', g: 'i32', b: 'i32', end: 'i32' }, (p) => {
  const planes = [p.r, p.g, p.b];
  const value = (c: number) => f32.div(f32.convert(i32.load8(p.source, c)), f32.const(255));
  const body = [
    ...planes.flatMap((at, c) => f32.store(at, value(c))),
    ...[p.g, p.b].flatMap((at) => set(at, i32.add(at, i32.const(float)))),
    ...set(p.source, i32.add(p.source, i32.const(3))),
  ];
  return [stepTo(p.r, p.end, float, body)];
});

/** Values that are turned into bytes at once. */
export const bytesAtOnce = 16;
const inVector = 4;

/** For each byte of the result its place among 16 of red and 16 of green, or 16 of these and 16 of blue. */
function interleaving(part: number): { redGreen: number[]; withBlue: number[] } {
  const places = Array.from({ length: bytesAtOnce }, (_, i) => {
    const at = part * bytesAtOnce + i;
    return { channel: at % 3, pixel: Math.floor(at / 3) };
  });
  return {
    redGreen: places.map(({ channel, pixel }) => (channel === 1 ? bytesAtOnce + pixel : channel === 0 ? pixel : 0)),
    withBlue: places.map(({ channel, pixel }, i) => (channel === 2 ? bytesAtOnce + pixel : i)),
  };
}

/**
 * Three planes, `plane` bytes apart, from `at` to `end`, to interleaved bytes: times 255 in float32, rounded half to even, held to
 * 0..255. By 16 pixels: up to 15 after the last are read, and written as bytes.
 */
export const planesToBytes = kernel({ at: 'i32', end: 'i32', plane: 'i32', out: 'i32' }, (p, local) => {
  const [scale, before] = hold(local, f32x4.splat(f32.const(255)));
  const [from, mixed] = [local('i32'), local('v128')];
  const channels = [local('v128'), local('v128'), local('v128')];
  const four = (i: number): Code =>
    f32x4.toInts(f32x4.nearest(f32x4.mul(v128.load(from, i * inVector * float), scale)));
  const sixteen = integers.wordsToBytes(integers.intsToWords(four(0), four(1)), integers.intsToWords(four(2), four(3)));
  const [red, green, blue] = channels as [Local, Local, Local];
  const write = [0, 1, 2].flatMap((part) => {
    const { redGreen, withBlue } = interleaving(part);
    return [
      ...set(mixed, v128.shuffle(red, green, redGreen)),
      ...v128.store(p.out, v128.shuffle(mixed, blue, withBlue), part * bytesAtOnce),
    ];
  });
  const body = [
    ...set(from, p.at),
    ...channels.flatMap((channel, c) => [
      ...(c > 0 ? set(from, i32.add(from, p.plane)) : []),
      ...set(channel, sixteen),
    ]),
    ...write,
    ...set(p.out, i32.add(p.out, i32.const(3 * bytesAtOnce))),
  ];
  return [before, stepTo(p.at, p.end, bytesAtOnce * float, body)];
});
