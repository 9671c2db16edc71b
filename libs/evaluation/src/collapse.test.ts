import { expect, test } from 'vitest';

import { alignment, rankMe, rankOfSingularValues, stdOfNormalised, uniformity } from './collapse.ts';
import { type Features } from './features.ts';
import { pca } from './pca.ts';

const waves = (rows: number, columns: number): Features => ({
  data: Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(at * at + 1)),
  shape: [rows, columns],
});
const turned = ({ data, shape }: Features): Features => {
  const columns = shape[1];
  // A quarter turn of the first two dimensions is exact in float32.
  const turn = (at: number) => [-data[at + 1]!, data[at - 1]!][at % columns]!;
  return { shape, data: data.map((value, at) => (at % columns < 2 ? turn(at) : value)) };
};

test('RankMe is the number of equal singular values, and 1 for one or none', () => {
  expect(rankOfSingularValues(Float64Array.of(3, 3, 3, 3), 0)).toBeCloseTo(4, 12);
  expect(rankOfSingularValues(Float64Array.of(5), 0)).toBeCloseTo(1, 12);
  expect(rankMe({ data: new Float32Array(6), shape: [2, 3] })).toBe(1);
});

test('no measure changes when all embeddings are rotated', () => {
  const [z, r] = [waves(12, 4), turned(waves(12, 4))];
  expect(rankMe(r)).toBeCloseTo(rankMe(z), 6);
  expect(uniformity(r)).toBeCloseTo(uniformity(z), 10);
  expect(alignment(r, turned(waves(12, 4)))).toBe(0);
});

test('lengths of embeddings do not matter where rows are normalised', () => {
  const z = waves(9, 5);
  const scaled = { ...z, data: z.data.map((value, at) => value * 2 ** (Math.floor(at / 5) % 4)) };
  expect(uniformity(scaled)).toBeCloseTo(uniformity(z), 12);
  expect(stdOfNormalised(scaled).mean).toBeCloseTo(stdOfNormalised(z).mean, 12);
  expect(rankMe(scaled, { normalise: true })).toBeCloseTo(rankMe(z, { normalise: true }), 6);
});

test('opposite views are 4 apart, orthogonal ones 2', () => {
  const x = { data: Float32Array.of(2, 0), shape: [1, 2] as const };
  expect(alignment(x, { ...x, data: Float32Array.of(-1, 0) })).toBe(4);
  expect(alignment(x, { ...x, data: Float32Array.of(0, 7) })).toBe(2);
});

test('all components of PCA hold the whole variance and give the features back', () => {
  const x = waves(10, 4);
  const { projection, components, mean, explainedVarianceRatio } = pca(x, 4);
  expect(explainedVarianceRatio.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  for (const [at, value] of x.data.entries()) {
    const [row, column] = [Math.floor(at / 4), at % 4];
    const back = [0, 1, 2, 3].reduce((sum, c) => sum + projection[row * 4 + c]! * components[c * 4 + column]!, 0);
    expect(back + mean[column]!).toBeCloseTo(value, 6);
  }
});

test('refuses bad input by name', () => {
  const x = waves(3, 4);
  expect(() => pca(x, 4)).toThrow('4 components of [3, 4], allowed are 1 .. 3');
  expect(() => pca({ data: new Float32Array(12).fill(2), shape: [3, 4] }, 1)).toThrow('all rows are equal');
  expect(() => uniformity(waves(1, 4))).toThrow('needs two rows or more, got 1');
  expect(() => stdOfNormalised(waves(1, 4))).toThrow('needs two rows or more, got 1');
  expect(() => alignment(x, waves(2, 4))).toThrow('got [3,4] and [2,4]');
  expect(() => rankMe({ ...x, data: x.data.with(5, NaN) })).toThrow('row 1, column 1 is NaN');
  expect(() => rankMe({ ...x, shape: [4, 4] })).toThrow('12 values, the shape [4, 4] needs 16');
});
