import { expect, test, vi } from 'vitest';

import { native } from '#lib/engine';
import { Draws } from '#lib/sampling';

import { umap } from './umap.ts';

native();
const [rows, columns, clusters] = [120, 6, 3];
const draws = new Draws({ seed: 3, purpose: 'features' });
/** Rows near one of three axes. */
const features = {
  data: Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return (row % clusters === column ? 3 : 0) + draws.uniform(-0.5, 0.5);
  }),
  shape: [rows, columns] as const,
};
const points = async (seed: number) => (await umap(features, { seed, onProgress: () => undefined })).points;

test('rows that are near lie near, and draws come from the seed alone', async () => {
  const random = vi.spyOn(Math, 'random');
  const first = await points(1);
  expect(random).not.toHaveBeenCalled();
  random.mockRestore();
  expect(first).toHaveLength(2 * rows);
  expect(await points(1)).toEqual(first);
  expect(await points(2)).not.toEqual(first);
  const distance = (a: number, b: number) =>
    Math.hypot(first[2 * a]! - first[2 * b]!, first[2 * a + 1]! - first[2 * b + 1]!);
  let same = 0;
  for (let row = 0; row < rows; row++) {
    const others = Array.from({ length: rows }, (_, other) => other).filter((other) => other !== row);
    const nearest = others.reduce((best, other) => (distance(row, other) < distance(row, best) ? other : best));
    same += Number(nearest % clusters === row % clusters);
  }
  expect(same / rows).toBeGreaterThan(0.95);
});

test('few rows, and rows that are all equal, have places', async () => {
  for (const data of [Float32Array.of(1, 0, 0, 1, 1, 1, 0, 0), new Float32Array(8).fill(1)]) {
    const { points: found, options } = await umap({ data, shape: [4, 2] }, { seed: 1, onProgress: () => undefined });
    expect(found).toHaveLength(8);
    expect(found.every(Number.isFinite)).toBe(true);
    expect(options.neighbours).toBe(3);
  }
});
