import { expect, test } from 'vitest';

import { assemble, type Kernel, kernel } from './assemble.ts';
import { f32, f32x4, f64, f64x2, i32, repeatWhile, set, stepTo, unsigned, v128, when } from './instructions.ts';
import { WebAssembly } from './web-assembly.ts';

/** Runs a kernel on a memory of one page. */
function run(one: Kernel, ...operands: number[]): { floats: Float32Array; doubles: Float64Array } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble({ one })), { memory: { memory } });
  (instance.exports as { one: (...operands: number[]) => void }).one(...operands);
  const { buffer } = memory;
  return { floats: new Float32Array(buffer), doubles: new Float64Array(buffer) };
}

test.each([
  [0, [0]],
  [127, [127]],
  [128, [0x80, 1]],
  [624_485, [0xe5, 0x8e, 0x26]],
  [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
])('%d is written as the specification says', (value, bytes) => {
  expect(unsigned(value)).toEqual(bytes);
});

test.each([0, 63, 64, -1, -64, -65, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)])(
  'the constant %d arrives as it is',
  (value) => {
    const store = kernel({ value: 'i32' }, (p, local) => {
      const sum = local('i32');
      return [set(sum, i32.sub(i32.const(value), p.value)), f32.store(i32.const(0), f32.convert(sum))];
    });
    expect(run(store, value).floats[0]).toBe(0);
    expect(run(store, value - 1).floats[0]).toBe(1); // wraps around, as int32 does
  },
);

test('float64 constants and offsets of more than a byte arrive as they are', () => {
  const store = kernel({ at: 'i32' }, ({ at }) => [f64.store(at, f64.const(Math.PI), 320)]);
  expect(run(store, 8).doubles[41]).toBe(Math.PI);
});

test('operands are in the order of the call, whatever their types', () => {
  const store = kernel({ a: 'f64', at: 'i32', b: 'f64' }, ({ a, at, b }) => [
    f64.store(at, f64.add(a, a)),
    f64.store(at, b, 8),
  ]);
  expect([...run(store, 1.5, 16, 7).doubles.subarray(2, 4)]).toEqual([3, 7]);
});

test('stepTo runs from where the variable stands to the end, and at least once', () => {
  const count = kernel({ from: 'i32', end: 'i32' }, ({ from, end }, local) => {
    const runs = local('i32');
    return [
      stepTo(from, end, 3, set(runs, i32.add(runs, i32.const(1)))),
      f32.store(i32.const(0), f32.convert(runs)),
      f32.store(i32.const(4), f32.convert(from)),
    ];
  });
  expect([...run(count, 2, 9).floats.subarray(0, 2)]).toEqual([3, 11]);
  expect([...run(count, 9, 9).floats.subarray(0, 2)]).toEqual([1, 12]);
});

test('when and repeatWhile nest', () => {
  const halve = kernel({ value: 'i32', limit: 'i32' }, ({ value, limit }, local) => {
    const runs = local('i32');
    const body = [...set(value, i32.sub(value, limit)), ...set(runs, i32.add(runs, i32.const(1)))];
    const goesOn = i32.lessThan(limit, value);
    return [when(goesOn, repeatWhile(goesOn, body)), f32.store(i32.const(0), f32.convert(runs))];
  });
  expect(run(halve, 10, 3).floats[0]).toBe(3);
  expect(run(halve, 3, 3).floats[0]).toBe(0);
});

test('select takes the first where the mask is set, lane by lane', () => {
  const choose = kernel({ limit: 'f64' }, ({ limit }, local) => {
    const values = local('v128');
    return [
      f64.store(i32.const(0), f64.const(1)),
      f64.store(i32.const(8), f64.const(5)),
      set(values, v128.load(i32.const(0))),
      v128.store(i32.const(16), v128.select(f64x2.const(-1), values, f64x2.ge(values, f64x2.splat(limit)))),
    ];
  });
  expect([...run(choose, 3).doubles.subarray(2, 4)]).toEqual([1, -1]);
});

test('demote rounds to float32, and nearest halves to even', () => {
  const round = kernel({ value: 'f64' }, ({ value }) => [
    v128.store64Lane(i32.const(0), f32x4.demote(f64x2.splat(value)), 0),
    v128.store64Lane(i32.const(8), f32x4.nearest(f32x4.demote(f64x2.splat(value))), 0),
  ]);
  expect([...run(round, 0.1).floats.subarray(0, 3)]).toEqual([Math.fround(0.1), Math.fround(0.1), 0]);
  expect(run(round, 2.5).floats[2]).toBe(2);
});
