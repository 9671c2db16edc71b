import { kernel } from '../wasm/assemble.ts';
import { type Code, f32, i32, type Local, repeatWhile, set, tee, v128, when } from '../wasm/instructions.ts';

import { float } from './lanes.ts';

const vector = 4 * float;
const lastFirst = [12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3];

/** Reverses each of the rows of `rowBytes` bytes from `at` to `end`, from both ends inwards: by fours, then one by one. */
export const mirrorRows = kernel({ at: 'i32', end: 'i32', rowBytes: 'i32' }, ({ at, end, rowBytes }, local) => {
  const [left, right, four, one] = [local('i32'), local('i32'), local('v128'), local('f32')];
  const move = (to: Local, bytes: number): Code => set(to, i32.add(to, i32.const(bytes)));
  const room = (bytes: number): Code => i32.lessThan(i32.const(bytes - 1), i32.sub(right, left));
  const asLongAs = (condition: Code, body: Code) => when(condition, repeatWhile(condition, body));
  const swapFours = [
    ...move(right, -vector),
    ...set(four, v128.load(left)),
    ...v128.store(left, v128.shuffle(v128.load(right), v128.load(right), lastFirst)),
    ...v128.store(right, v128.shuffle(four, four, lastFirst)),
    ...move(left, vector),
  ];
  const swapOnes = [
    ...move(right, -float),
    ...set(one, f32.load(left)),
    ...f32.store(left, f32.load(right)),
    ...f32.store(right, one),
    ...move(left, float),
  ];
  const row = [
    ...set(right, i32.add(tee(left, at), rowBytes)),
    ...asLongAs(room(2 * vector), swapFours),
    ...asLongAs(room(2 * float), swapOnes),
    ...set(at, i32.add(at, rowBytes)),
  ];
  return [repeatWhile(i32.lessThan(at, end), row)];
});
