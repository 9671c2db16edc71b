import { type Code, f64x2, type Local, set, v128 } from '../wasm/instructions.ts';

import { hold } from './lanes.ts';
import { pixelKernel } from './pixels.ts';

const { add, div, eq, floor, ge, mul, ne, pmax, pmin, sub } = f64x2;
const { select } = v128;

/** The hue turned by `amount` sixths of a turn, 0 .. 6: see `hue` in ../hue.ts, whose names these are. */
export const hue = pixelKernel(([r, g, b], amount, local) => {
  const [turn, setTurn] = hold(local, f64x2.splat(amount));
  const zero = hold(local, f64x2.const(0));
  const whole = [1, 2, 3, 4, 5, 6, 8, 10, 12].map((value) => hold(local, f64x2.const(value)));
  const [one, two, three, four, five, six, eight, ten, twelve] = whole.map(([held]) => held) as [Local, ...Local[]] &
    Record<number, Local>;
  const [max, min, chroma, sixths, along] = [1, 2, 3, 4, 5].map(() => local('v128')) as [Local, Local, Local, Local, Local];
  const { angle, sector, middle } = { angle: local('v128'), sector: local('v128'), middle: local('v128') };
  const isRed = local('v128');
  const isGreen = local('v128');
  const from = [one, two, three, four, five].map(() => local('v128'));
  const [from1, from2, from3, from4, from5] = from as [Local, Local, Local, Local, Local];
  const difference = select(sub(g, b), select(sub(b, r), sub(r, g), isGreen), isRed);
  const base = select(six as Local, select(eight as Local, ten as Local, isGreen), isRed);
  const odd = from.map((mask): Code => mask).reduce((parity, mask) => v128.xor(parity, mask));
  return {
    before: [setTurn, zero[1], ...whole.map(([, setWhole]) => setWhole)],
    code: [
      set(max, pmax(pmax(r, g), b)),
      set(min, pmin(pmin(r, g), b)),
      set(chroma, sub(max, min)),
      set(isRed, eq(max, r)),
      set(isGreen, eq(max, g)),
      set(angle, add(add(base, div(difference, chroma)), turn)),
      set(
        sixths,
        sub(angle, select(twelve as Local, v128.and(six as Local, ge(angle, six as Local)), ge(angle, twelve as Local))),
      ),
      set(sector, floor(sixths)),
      // Greys have no hue: their 0 / 0 is left out, and everything is max.
      set(along, v128.and(mul(chroma, sub(sixths, sector)), ne(chroma, zero[0]))),
      ...from.map((mask, i) => set(mask, ge(sixths, [one, two, three, four, five][i] as Local))),
      set(middle, select(sub(max, along), add(min, along), odd)), // falling in odd sectors, rising in even ones
    ],
    result: [
      select(max, select(middle, select(min, select(middle, max, from1), from2), from4), from5),
      select(min, select(middle, select(max, middle, from1), from3), from4),
      select(middle, select(max, select(middle, min, from2), from3), from5),
    ],
  };
});
