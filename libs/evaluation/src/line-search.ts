import { dot } from './vector.ts';

/** Value and gradient of a function at x. */
export type Evaluate = (x: Float64Array) => { value: number; gradient: Float64Array };

export interface Point {
  x: Float64Array;
  value: number;
  gradient: Float64Array;
}

export interface LineSearchOptions {
  direction: Float64Array;
  firstStep: number;
  /** Values that differ by less count as equal; there the slope alone decides. */
  valueNoise: number;
}

export interface LineSearchResult {
  /** A point that meets the strong Wolfe conditions; undefined when there was none. */
  found: Point | undefined;
  evaluations: number;
}

interface Trial {
  step: number;
  value: number;
  slope: number;
}

const decrease = 1e-4; // c1
const curvature = 0.9; // c2
const maxEvaluations = 40;

/**
 * A step that meets the strong Wolfe conditions (Nocedal & Wright, section 3.1):
 *
 *     f(x + t d) ≤ f(x) + c₁ t f'(x)·d,   |f'(x + t d)·d| ≤ c₂ |f'(x)·d|
 *
 * by doubling until a minimum is bracketed, then cubic interpolation inside the bracket.
 */
export function lineSearch(evaluate: Evaluate, from: Point, options: LineSearchOptions): LineSearchResult {
  const { direction, firstStep, valueNoise } = options;
  const slope = dot(from.gradient, direction);
  let low: Trial = { step: 0, value: from.value, slope };
  let high: Trial | undefined;
  let step = firstStep;
  if (!(slope < 0)) return { found: undefined, evaluations: 0 };
  for (let evaluations = 1; evaluations <= maxEvaluations; evaluations++) {
    const x = from.x.map((value, i) => value + step * direction[i]!);
    const point = { x, ...evaluate(x) };
    const trial = { step, value: point.value, slope: dot(point.gradient, direction) };
    const falls = trial.value <= from.value + decrease * step * slope + valueNoise; // false for NaN, too
    if (falls && Math.abs(trial.slope) <= curvature * -slope) return { found: point, evaluations };
    if (falls && trial.slope < 0) low = trial;
    else high = trial;
    step = high ? interpolate(low, high) : 2 * low.step;
    if (high && high.step - low.step <= Number.EPSILON * high.step) return { found: undefined, evaluations };
  }
  return { found: undefined, evaluations: maxEvaluations };
}

/** Minimum of the cubic through both ends' values and slopes (Nocedal & Wright, eq. 3.59), kept off the ends. */
function interpolate(low: Trial, high: Trial): number {
  const width = high.step - low.step;
  const d1 = low.slope + high.slope - (3 * (high.value - low.value)) / width;
  const d2 = Math.sqrt(d1 * d1 - low.slope * high.slope);
  const minimum = high.step - (width * (high.slope + d2 - d1)) / (high.slope - low.slope + 2 * d2);
  if (!Number.isFinite(minimum)) return low.step + width / 2;
  return Math.min(high.step - 0.1 * width, Math.max(low.step + 0.1 * width, minimum));
}
