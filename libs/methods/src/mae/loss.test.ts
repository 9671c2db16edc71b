import { add, grads, memory, moments, mul, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { numericGradient, ShapeError } from '#lib/tensor';

import { maeLoss, normalisePatches, removedAbsoluteError } from './loss.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const values = (shape: number[], seed: number) => {
  const size = shape.reduce((product, side) => product * side, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed)),
    shape,
  );
};
const mask = () => tensor([1, 0, 1, 0, 0, 1], [2, 3]);

test('what is predicted for kept patches changes nothing', () => {
  tidy(() => {
    const [prediction, target] = [values([2, 3, 4], 1), values([2, 3, 4], 2)];
    const noise = mul(values([2, 3, 4], 3), tensor([0, 1, 0, 1, 1, 0], [2, 3, 1]));
    const [a, b] = [prediction, add(prediction, noise)].map((x) => maeLoss(x, target, mask()).dataSync()[0]);
    expect(a).toBe(b);
    const [gradient] = grads((x: Tensor) => maeLoss(x, target, mask()))([prediction]) as [Tensor];
    for (const slope of gradient.dataSync().slice(4, 8)) expect(Math.abs(slope)).toBe(0);
  });
});

test('is 0 for a perfect prediction, and the mean over removed patches otherwise', () => {
  tidy(() => {
    const target = values([2, 3, 4], 2);
    expect(maeLoss(target, target, mask()).dataSync()[0]).toBe(0);
    expect(maeLoss(add(target, 2), target, mask()).dataSync()[0]).toBeCloseTo(4, 5);
    expect(removedAbsoluteError(add(target, -2), target, mask()).dataSync()[0]).toBeCloseTo(2, 5);
  });
});

test('gradient matches finite differences', () => {
  tidy(() => {
    const [prediction, target] = [values([2, 3, 4], 1), values([2, 3, 4], 2)];
    const loss = (x: Tensor) => maeLoss(x, target, mask());
    const [gradient] = grads(loss)([prediction]) as [Tensor];
    const want = numericGradient(loss, prediction);
    gradient.dataSync().forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThan(1e-3));
  });
});

test('normalised patches have mean 0 and unbiased variance 1, whatever brightness and contrast were', () => {
  tidy(() => {
    const patches = values([2, 3, 8], 5);
    const normal = normalisePatches(patches);
    const { mean, variance } = moments(normal, -1);
    for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-6);
    for (const value of variance.dataSync()) expect(value).toBeCloseTo(7 / 8, 4);
    const brighter = normalisePatches(add(mul(patches, 3), 10)).dataSync();
    normal.dataSync().forEach((value, i) => expect(Math.abs(value - brighter[i]!)).toBeLessThan(2e-5));
  });
});

test('a flat patch becomes 0, not NaN', () => {
  tidy(() => {
    expect([...normalisePatches(tensor([5, 5, 5, 5], [1, 1, 4])).dataSync()]).toEqual([0, 0, 0, 0]);
  });
});

test('throws ShapeError naming the shapes that arrived', () => {
  tidy(() => {
    const [a, b] = [values([2, 3, 4], 1), values([2, 3, 5], 1)];
    expect(() => maeLoss(a, b, mask())).toThrow(ShapeError);
    expect(() => maeLoss(a, b, mask())).toThrow('[2,3,4], [2,3,5] and [2,3]');
    expect(() => removedAbsoluteError(a, a, tensor([1, 0], [1, 2]))).toThrow(/removedAbsoluteError: .*\[1,2\]/);
    expect(() => normalisePatches(values([2, 3, 1], 1))).toThrow(ShapeError);
  });
});
