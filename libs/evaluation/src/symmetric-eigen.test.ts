import fc from 'fast-check';
import { expect, test } from 'vitest';

import { singularValues } from './singular-values.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { dot } from './vector.ts';

const entry = fc.double({ min: -10, max: 10, noNaN: true });
const symmetric = fc
  .integer({ min: 1, max: 8 })
  .chain((n) => fc.tuple(fc.constant(n), fc.array(entry, { minLength: n * n, maxLength: n * n })))
  .map(([n, values]) => ({
    n,
    a: Float64Array.from(values, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return values[Math.max(i, j) * n + Math.min(i, j)]!;
    }),
  }));

test('gives orthonormal vectors with A v = λ v, values falling', () => {
  fc.assert(
    fc.property(symmetric, ({ n, a }) => {
      const { values, vectors } = symmetricEigen(a, n, true);
      const row = (matrix: Float64Array, i: number) => matrix.subarray(i * n, (i + 1) * n);
      for (let i = 0; i < n; i++) {
        const v = row(vectors!, i);
        for (let j = 0; j < n; j++) {
          expect(dot(row(a, j), v)).toBeCloseTo(values[i]! * v[j]!, 10);
          expect(dot(v, row(vectors!, j))).toBeCloseTo(i === j ? 1 : 0, 10);
        }
        if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
      }
    }),
  );
});

test('gives the same values without vectors, and their sum is the trace', () => {
  fc.assert(
    fc.property(symmetric, ({ n, a }) => {
      const { values } = symmetricEigen(a, n, false);
      const trace = Array.from({ length: n }, (_, i) => a[i * n + i]!).reduce((sum, value) => sum + value, 0);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(trace, 10);
      for (const [i, value] of symmetricEigen(a, n, true).values.entries()) expect(values[i]).toBeCloseTo(value, 10);
    }),
  );
});

test('knows the eigenvalues 2 − 2 cos(kπ/(n+1)) of the second difference', () => {
  const n = 40;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = -1;
  }
  for (const [i, value] of symmetricEigen(a, n, false).values.entries())
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)), 12);
});

test('copes with repeated and zero eigenvalues', () => {
  expect(Array.from(symmetricEigen(new Float64Array(9), 3, true).values)).toEqual([0, 0, 0]);
  const identity = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  expect(Array.from(symmetricEigen(identity, 3, true).values)).toEqual([1, 1, 1]);
});

test('refuses a matrix above 2048 by naming both sizes, and values that are not finite', () => {
  expect(() => symmetricEigen(new Float64Array(0), 2049, false)).toThrow('2049 × 2049 is too large, at most 2048');
  expect(() => symmetricEigen(Float64Array.of(1, 0, NaN, 1), 2, false)).toThrow('not finite');
  expect(() => singularValues({ data: Float64Array.of(1, NaN), rows: 1, columns: 2 })).toThrow('not finite');
});

test('gives singular values of a matrix and of its transpose alike', () => {
  const data = Float64Array.from({ length: 15 }, (_, i) => Math.sin(i * i + 1));
  const transposed = Float64Array.from({ length: 15 }, (_, at) => data[(at % 5) * 3 + Math.floor(at / 5)]!);
  const tall = singularValues({ data, rows: 5, columns: 3 });
  const wide = singularValues({ data: transposed, rows: 3, columns: 5 });
  for (const [i, value] of tall.entries()) expect(wide[i]).toBeCloseTo(value, 10);
});
