import { expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import { embeddingFigures } from './embedding-figures.ts';
import { type Features } from './features.ts';

const [rows, columns] = [200, 8];
function normals(seed: number): Features {
  const draws = new Draws({ seed, purpose: 'embedding figures test' });
  return { data: Float32Array.from({ length: rows * columns }, () => draws.normal()), shape: [rows, columns] };
}

test('features spread evenly have nearly full rank and standard deviation 1/√D; unrelated views are 2 apart', () => {
  const figures = embeddingFigures(normals(1), [normals(2), normals(3)]);
  expect(figures.samples).toBe(rows);
  expect(figures.rankMe).toBeGreaterThan(0.95 * columns);
  expect(figures.std).toBeCloseTo(figures.spreadStd, 2);
  expect(figures.alignment).toBeCloseTo(2, 0);
  expect(figures.uniformity).toBeLessThan(-2);
});

test('collapsed features have rank 1, no spread, and views that agree', () => {
  const one: Features = { data: new Float32Array(rows * columns).fill(2), shape: [rows, columns] };
  const figures = embeddingFigures(one, [one, one]);
  expect(figures.rankMe).toBeCloseTo(1, 3);
  expect(figures.std).toBeCloseTo(0, 6);
  expect(figures.alignment).toBe(0);
  expect(figures.uniformity).toBeCloseTo(0, 6);
});

test('refuses one image, and views that are not of the same images', () => {
  const single: Features = { data: new Float32Array(columns).fill(1), shape: [1, columns] };
  expect(() => embeddingFigures(single, [single, single])).toThrow('needs two rows or more, got 1');
  expect(() => embeddingFigures(normals(1), [normals(1), single])).toThrow('views must share one shape');
});
