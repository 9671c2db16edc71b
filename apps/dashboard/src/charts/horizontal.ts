import type { RunCurves } from '#lib/contracts';

export const horizontals = ['step', 'epoch', 'time'] as const;
/** What charts go by from left to right. */
export type Horizontal = (typeof horizontals)[number];

/** What positions are counted by and from. */
export interface Scale {
  /** undefined: not known yet, whole epochs then */
  stepsPerEpoch: number | undefined;
  /** when the run's first step was, milliseconds since 1970; undefined: the first point */
  startMs: number | undefined;
}

/** Where each point of a run lies; time in seconds. */
export function positions(
  { step, epoch, at }: Pick<RunCurves, 'step' | 'epoch' | 'at'>,
  by: Horizontal,
  { stepsPerEpoch, startMs = at[0] ?? 0 }: Scale,
): number[] {
  if (by === 'step') return step;
  if (by === 'epoch') return stepsPerEpoch === undefined ? epoch : step.map((each) => each / stepsPerEpoch);
  // A clock that was set back in between must not turn the curve around.
  let last = 0;
  return at.map((each) => (last = Math.max(last, (each - startMs) / 1000)));
}

/** The step at a position, by the points around it. @param where ascending */
export function stepAt(steps: readonly number[], where: readonly number[], position: number): number {
  return Math.round(interpolate(where, steps, position));
}

/** The steps between two positions, at least two of them. */
export function stepsBetween(
  steps: readonly number[],
  where: readonly number[],
  [from, to]: readonly [number, number],
): { from: number; to: number } {
  const first = stepAt(steps, where, from);
  return { from: first, to: Math.max(first + 1, stepAt(steps, where, to)) };
}

/** Where a step lies. */
export function positionOf(steps: readonly number[], where: readonly number[], step: number): number {
  return interpolate(steps, where, step);
}

/** The piecewise linear function through points, constant beyond them. */
function interpolate(from: readonly number[], to: readonly number[], value: number): number {
  const after = from.findIndex((each) => each >= value);
  if (after === -1) return to.at(-1) ?? value;
  if (after === 0) return to[0] ?? value;
  const [a, b] = [from[after - 1] as number, from[after] as number];
  const [start, end] = [to[after - 1] as number, to[after] as number];
  return b === a ? end : start + ((end - start) * (value - a)) / (b - a);
}
