import { add, concat, grads, memory, mul, neg, type Tensor, tensor, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

import { numericGradient, ShapeError } from '#lib/tensor';

import { barlowTwinsLoss, crossCorrelation } from './loss.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const values = (seed: number, rows = 6, columns = 3) =>
  tensor(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed)),
    [rows, columns],
  ) as Tensor2D;
const value = (x: Tensor) => x.dataSync()[0] as number;

test('is 0 for equal views of uncorrelated numbers, and counts correlated ones by λ', () => {
  tidy(() => {
    const [a, b] = [tensor([1, 1, -1, -1], [4, 1]), tensor([1, -1, 1, -1], [4, 1])];
    const independent = concat([a, b], 1) as Tensor2D;
    expect(value(barlowTwinsLoss(independent, independent, 0.5).loss)).toBeCloseTo(0, 5);
    const repeated = barlowTwinsLoss(concat([a, a], 1) as Tensor2D, concat([a, a], 1) as Tensor2D, 0.5);
    expect(value(repeated.onDiagonal)).toBeCloseTo(0, 5);
    expect(value(repeated.offDiagonal)).toBeCloseTo(2, 4);
    expect(value(repeated.loss)).toBeCloseTo(1, 4);
    const opposite = barlowTwinsLoss(independent, neg(independent), 0.5);
    expect(value(opposite.onDiagonal)).toBeCloseTo(8, 3); // batch norm's ε of 1e-5 keeps C from ±1
  });
});

test('is the sum over the matrix of cross-correlations', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 1, max: 6 }), fc.nat(99), (N, D, seed) => {
      tidy(() => {
        const [a, b] = [values(seed, N, D), values(seed + 0.5, N, D)];
        const C = crossCorrelation(a, b).arraySync();
        let [on, off] = [0, 0];
        C.forEach((row, i) => row.forEach((c, j) => (i === j ? (on += (c - 1) ** 2) : (off += c * c))));
        const got = barlowTwinsLoss(a, b, 0.02);
        expect(Math.abs(value(got.onDiagonal) - on)).toBeLessThan(1e-4);
        expect(Math.abs(value(got.offDiagonal) - off)).toBeLessThan(1e-4);
        expect(Math.abs(value(got.loss) - (on + 0.02 * off))).toBeLessThan(1e-4);
      });
    }),
    { numRuns: 30 },
  );
});

test('does not change when the views change places, nor with scale and shift of a number', () => {
  tidy(() => {
    const [a, b] = [values(1), values(2)];
    const loss = value(barlowTwinsLoss(a, b, 0.1).loss);
    expect(value(barlowTwinsLoss(b, a, 0.1).loss)).toBeCloseTo(loss, 5);
    const moved = add(mul(a, tensor([3, 0.5, 10])), tensor([1, -2, 5])) as Tensor2D;
    expect(value(barlowTwinsLoss(moved, b, 0.1).loss)).toBeCloseTo(loss, 3);
  });
});

test('gradient matches finite differences', () => {
  tidy(() => {
    const [a, b] = [values(1), values(2)];
    const loss = (x: Tensor) => barlowTwinsLoss(x as Tensor2D, b, 0.3).loss;
    const [gradient] = grads(loss)([a]) as [Tensor];
    const want = numericGradient(loss, a);
    gradient.dataSync().forEach((got, i) => expect(Math.abs(got - want[i]!)).toBeLessThan(5e-3));
  });
});

test('throws ShapeError naming what arrived', () => {
  tidy(() => {
    expect(() => barlowTwinsLoss(values(1), values(1, 6, 2), 0.1)).toThrow(ShapeError);
    expect(() => barlowTwinsLoss(values(1), values(1, 6, 2), 0.1)).toThrow('[6,3] and [6,2]');
    expect(() => crossCorrelation(values(1, 1), values(1, 1))).toThrow('N >= 2, got [1,3] and [1,3]');
  });
});
