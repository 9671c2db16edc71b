import { add, matMul, relu, sub, sum, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type ComputePrecision } from '#lib/contracts';
import { product } from '#lib/tensor';

import { buildStep, type StepFunction } from './index.ts';
import { feed, tinyTraining, wave } from './tiny-training.fixture.ts';

/** bfloat16 keeps 8 bits: a value is off by 2⁻⁸ of itself at most. */
const rounding = 2 ** -8;
/** As bfloat16 rounds, to nearest and ties to even. */
function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return new Float32Array(bits.map((word) => ((word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000) >>> 0).buffer);
}

const x = wave(24, 1);
const w = wave(20, 2);
const operands = {
  x: { shape: [6, 4], dtype: 'float32' as const },
  w: { shape: [4, 5], dtype: 'float32' as const },
};

function outputOf(fn: (x: Tensor2D, w: Tensor2D) => Tensor, precision: ComputePrecision): Float32Array {
  const step = buildStep((_, { x, w }) => ({ state: {}, outputs: { y: fn(x as Tensor2D, w as Tensor2D) } }), {
    engine: 'captured',
    precision,
    state: {},
    inputs: operands,
  });
  const { y } = step.run({ x, w });
  step.dispose();
  return y!;
}

const naive = (left: Float32Array, right: Float32Array): number[] =>
  Array.from({ length: 30 }, (_, i) =>
    [0, 1, 2, 3].reduce((total, k) => total + left[Math.floor(i / 5) * 4 + k]! * right[k * 5 + (i % 5)]!, 0),
  );

test("a layer's product takes its operands in bfloat16 and gives bfloat16", () => {
  const y = outputOf((x, w) => product(x, w), 'bfloat16');
  expect([...rounded(y)]).toEqual([...y]);
  naive(rounded(x), rounded(w)).forEach((exact, i) =>
    expect(Math.abs(y[i]! - exact)).toBeLessThanOrEqual(rounding * Math.abs(exact) + 1e-6),
  );
});

test('a product of a loss, and what comes after a layer, is float32 as before', () => {
  const plain = (x: Tensor2D, w: Tensor2D) => matMul(x, w);
  expect(outputOf(plain, 'bfloat16')).toEqual(outputOf(plain, 'float32'));
  const after = outputOf((x, w) => add(product(x, w), 1 / 3), 'bfloat16');
  const before = outputOf((x, w) => product(x, w), 'bfloat16');
  expect(after).toEqual(before.map((value) => value + Math.fround(1 / 3)));
});

test('relu and the sum of two layers stay in bfloat16', () => {
  const y = outputOf((x, w) => add(relu(product(x, w)), product(sub(x, 1), w)), 'bfloat16');
  expect([...rounded(y)]).toEqual([...y]);
});

test('training in bfloat16 follows float32, with state in float32 and the same bits every time', () => {
  const { fn, ...options } = tinyTraining('sgd');
  const trained = (precision: ComputePrecision) => {
    const step = buildStep(fn, { ...options, engine: 'captured', precision });
    const losses = Array.from({ length: 20 }, (_, i) => step.run(feed(i + 1))['loss']![0]!);
    const state = step.readState();
    step.dispose();
    return { losses, state };
  };
  const [narrow, again, wide] = [trained('bfloat16'), trained('bfloat16'), trained('float32')];
  expect(narrow).toEqual(again);
  expect(narrow.losses).not.toEqual(wide.losses);
  expect([...rounded(narrow.state['kernel']!)]).not.toEqual([...narrow.state['kernel']!]);
  narrow.losses.forEach((loss, i) => expect(Math.abs(loss - wide.losses[i]!)).toBeLessThan(0.05 * wide.losses[0]!));
  expect(narrow.losses.at(-1)).toBeLessThan(0.3 * narrow.losses[0]!);
});

test('the eager engine refuses bfloat16 and says what helps', () => {
  const fn: StepFunction = (_, { x }) => ({ state: {}, outputs: { y: sum(x!) } });
  expect(() => buildStep(fn, { engine: 'eager', precision: 'bfloat16', state: {}, inputs: { x: operands.x } })).toThrow(
    /eager computes in float32 alone/,
  );
});
