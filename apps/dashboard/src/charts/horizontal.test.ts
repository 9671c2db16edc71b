import { expect, test } from 'vitest';

import { positionOf, positions, stepAt, stepsBetween } from './horizontal.ts';

const points = { step: [10, 20, 30], epoch: [0, 1, 1], at: [1000, 3000, 2500] };
const scale = { stepsPerEpoch: 20, startMs: undefined };

test('points lie by step, by epoch or by the time since the first', () => {
  expect(positions(points, 'step', scale)).toEqual([10, 20, 30]);
  expect(positions(points, 'epoch', scale)).toEqual([0.5, 1, 1.5]);
  expect(positions(points, 'epoch', { ...scale, stepsPerEpoch: undefined })).toEqual([0, 1, 1]);
  expect(positions(points, 'time', scale)).toEqual([0, 2, 2]); // the clock was set back
  expect(positions(points, 'time', { ...scale, startMs: 0 })).toEqual([1, 3, 3]);
});

test('a step and its place lead to each other', () => {
  const where = positions(points, 'epoch', scale);
  for (const step of [10, 12, 25, 30])
    expect(stepAt(points.step, where, positionOf(points.step, where, step))).toBe(step);
});

test('beyond the points lie their ends', () => {
  expect(stepAt([10, 20], [1, 2], 0)).toBe(10);
  expect(stepAt([10, 20], [1, 2], 9)).toBe(20);
  expect(stepAt([], [], 3)).toBe(3);
});

test('between two positions lie at least two steps', () => {
  expect(stepsBetween([10, 20, 30], [1, 2, 3], [1.2, 2.5])).toEqual({ from: 12, to: 25 });
  expect(stepsBetween([10, 20, 30], [1, 2, 3], [2, 2.01])).toEqual({ from: 20, to: 21 });
});
