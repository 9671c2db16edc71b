import type uPlot from 'uplot';

import { smooth } from './smoothing.ts';

/** A curve as it is drawn: its mean as a line, from its least to its largest value as a band. */
export interface ChartLine {
  label: string;
  /** custom property of its colour */
  colour: string;
  x: readonly number[];
  mean: readonly (number | null)[];
  min: readonly (number | null)[];
  max: readonly (number | null)[];
}

/** What a series of the plot is for. Each line has all of them, in this order, so that the plot is built once. */
export const parts = ['min', 'max', 'raw', 'line'] as const;
export type Part = (typeof parts)[number];

type Values = (number | null | undefined)[];

/** Lines as one table: x, then the parts of each line. @param smoothing weight of what was before */
export function plotData(lines: readonly ChartLine[], smoothing: number, isLog: boolean): uPlot.AlignedData {
  // A logarithm knows no 0, and nothing below.
  const drawn = (values: readonly (number | null)[]) =>
    values.map((value) => (isLog && value !== null && value <= 0 ? null : value));
  const [first] = lines;
  const isShared = lines.every(({ x }) => x === first?.x);
  const x = isShared ? [...(first?.x ?? [])] : merged(lines);
  const columns = lines.flatMap((line) => {
    const raw = smoothing > 0 ? drawn(line.mean) : line.mean.map(() => null);
    const all = [drawn(line.min), drawn(line.max), raw, drawn(smooth(line.mean, smoothing))];
    return isShared ? all : all.map((values) => placed(x, line.x, values));
  });
  return [x, ...columns];
}

/** Every place that a line has a point at, ascending. */
const merged = (lines: readonly ChartLine[]): number[] =>
  [...new Set(lines.flatMap(({ x }) => [...x]))].sort((a, b) => a - b);

/** Values at the places of their own line, nothing in between: the line goes through. */
function placed(x: readonly number[], own: readonly number[], values: readonly (number | null)[]): Values {
  let next = 0;
  return x.map((place) => {
    let value: number | null | undefined;
    while (next < own.length && (own[next] as number) <= place) value = values[next++];
    return value;
  });
}

/** The last value at or before a place in the table; null: there is none. */
export function valueAt(values: ArrayLike<number | null | undefined>, index: number): number | null {
  for (let i = Math.min(index, values.length - 1); i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
