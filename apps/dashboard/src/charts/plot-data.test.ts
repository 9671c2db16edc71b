import { expect, test } from 'vitest';

import { type ChartLine, plotData, valueAt } from './plot-data.ts';

const line = (x: number[], mean: (number | null)[]): ChartLine => ({
  label: 'a',
  colour: '--series-1',
  x,
  mean,
  min: mean.map((value) => value && value - 1),
  max: mean.map((value) => value && value + 1),
});

test('lines of one run share their places', () => {
  const x = [1, 2, 3];
  const data = plotData([line(x, [4, 5, 6]), line(x, [7, null, 9])], 0, false);
  expect(data).toEqual([
    x,
    [3, 4, 5],
    [5, 6, 7],
    [null, null, null],
    [4, 5, 6],
    [6, null, 8],
    [8, null, 10],
    [null, null, null],
    [7, null, 9],
  ]);
});

test('lines of several runs lie at the places of all, without values in between', () => {
  const data = plotData([line([1, 3], [10, 30]), line([2, 3], [20, 31])], 0, false);
  expect(data[0]).toEqual([1, 2, 3]);
  expect(data[4]).toEqual([10, undefined, 30]);
  expect(data[8]).toEqual([undefined, 20, 31]);
});

test('two points of a line at one place leave the later one', () => {
  const [x, , , , values] = plotData([line([1, 1, 2], [5, 6, 7]), line([2], [1])], 0, false);
  expect([x, values]).toEqual([
    [1, 2],
    [6, 7],
  ]);
});

test('what a logarithm does not know is left out', () => {
  expect(plotData([line([1, 2], [0, 1])], 0, true)[4]).toEqual([null, 1]);
});

test('a smoothed line shows what was smoothed behind it', () => {
  const data = plotData([line([1, 2], [1, 3])], 0.5, false);
  expect(data[3]).toEqual([1, 3]);
  expect(data[4]?.[1]).toBeCloseTo(1.75 / 0.75);
});

test('a place without a value tells the one before it', () => {
  expect(valueAt([1, null, undefined, 4], 2)).toBe(1);
  expect(valueAt([null, 2], 0)).toBeNull();
  expect(valueAt([1, 2], 9)).toBe(2);
});
