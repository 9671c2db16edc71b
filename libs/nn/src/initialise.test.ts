import { describe, expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { initialise } from './initialise.ts';
import { kaimingNormal, kerasHeNormal, torchUniform, xavierUniform } from './initialiser.ts';
import { type Initialiser, type ParameterSpec } from './module.ts';

const count = 40_000;
const spec = (name: string, init: Initialiser, shape = [count]): ParameterSpec => ({
  name,
  shape,
  init,
  trainable: true,
  decay: true,
});
const draw = (init: Initialiser, seed = 1) => initialise([spec('w', init)], seed)['w'] as Float32Array;
const moments = (values: Float32Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance), largest: values.reduce((top, value) => Math.max(top, Math.abs(value)), 0) };
};
/** Five standard errors of a mean or, within √2, of a standard deviation, for unit variance and 40,000 draws. */
const tolerance = 5 / Math.sqrt(count);

describe('statistics', () => {
  test('uniform fills ±limit', () => {
    const { mean, std, largest } = moments(draw(torchUniform(25)));
    expect(Math.abs(mean)).toBeLessThan(0.2 * tolerance);
    expect(Math.abs(std / (0.2 / Math.sqrt(3)) - 1)).toBeLessThan(tolerance);
    expect(largest).toBeLessThanOrEqual(Math.fround(0.2));
    expect(largest).toBeGreaterThan(0.1999);
  });
  test('normal has mean 0, the given deviation and tails', () => {
    const { mean, std, largest } = moments(draw(kaimingNormal(50)));
    expect(Math.abs(mean)).toBeLessThan(0.2 * tolerance);
    expect(Math.abs(std / 0.2 - 1)).toBeLessThan(tolerance);
    expect(largest).toBeGreaterThan(3 * 0.2);
  });
  test('Keras’s he_normal is cut at two deviations and has variance 2 / fanIn', () => {
    const { std, largest } = moments(draw(kerasHeNormal(50)));
    expect(Math.abs(std / 0.2 - 1)).toBeLessThan(tolerance);
    expect(largest).toBeLessThan((2 * 0.2) / 0.8796 + 1e-6);
  });
  test('Xavier’s limit counts both fans', () => {
    expect(xavierUniform(2, 4)).toEqual({ kind: 'uniform', limit: 1 });
  });
  test('unit rows have length 1 and point everywhere', () => {
    const rows = initialise([spec('w', { kind: 'unit-rows' }, [count / 4, 4])], 1)['w'] as Float32Array;
    for (let row = 0; row < 100; row++) expect(Math.hypot(...rows.subarray(4 * row, 4 * row + 4))).toBeCloseTo(1, 6);
    const { mean, std } = moments(rows);
    expect(Math.abs(mean)).toBeLessThan(tolerance);
    expect(Math.abs(std / 0.5 - 1)).toBeLessThan(tolerance); // each coordinate's variance is 1 / 4
  });
  test('constants and fixed values are as given', () => {
    const values = Float32Array.of(1, 2, 3);
    const state = initialise(
      [spec('z', { kind: 'zeros' }, [2]), spec('o', { kind: 'ones' }, [2]), spec('v', { kind: 'values', values }, [3])],
      0,
    );
    expect(state).toEqual({ z: Float32Array.of(0, 0), o: Float32Array.of(1, 1), v: values });
    expect(state['v']).not.toBe(values);
  });
});

describe('seeds and names', () => {
  const normal: Initialiser = { kind: 'normal', std: 1 };
  test('the same seed gives the same bytes, another seed and another name give others', () => {
    expect(draw(normal, 7)).toEqual(draw(normal, 7));
    expect(draw(normal, 8)).not.toEqual(draw(normal, 7));
    const two = initialise([spec('a', normal, [9]), spec('b', normal, [9])], 7);
    expect(two['a']).not.toEqual(two['b']);
  });
  test('values do not depend on the order of the parameters or on the others', () => {
    const [a, b, c] = [spec('a', normal, [9]), spec('b', normal, [3, 3]), spec('c', torchUniform(4), [9])];
    const all = initialise([a, b, c], 3);
    expect(initialise([c, b, a], 3)).toEqual(all);
    expect(initialise([b], 3)).toEqual({ b: all['b'] });
  });
});

test('two parameters of one name, or fixed values of another size, are refused by name', () => {
  expect(() => initialise([spec('a', { kind: 'ones' }, [1]), spec('a', { kind: 'ones' }, [1])], 0)).toThrow(
    'two parameters are called a',
  );
  const short: Initialiser = { kind: 'values', values: Float32Array.of(1) };
  expect(() => initialise([spec('a', short, [2, 2])], 0)).toThrow(UsageError);
  expect(() => initialise([spec('a', short, [2, 2])], 0)).toThrow('a [2,2] has 4 numbers, its fixed values are 1');
});
