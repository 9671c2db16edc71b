import { type Evaluate, lineSearch, type Point } from './line-search.ts';
import { addScaled, dot, largestMagnitude } from './vector.ts';

export interface LbfgsOptions {
  /** Stop when no entry of the gradient is larger than this. */
  gradientTolerance: number;
  maxIterations: number;
  /** Pairs of steps and gradient changes kept. */
  memory?: number;
  /** Relative error of the function's values, e.g. of its float32 sums. */
  valueNoise?: number;
  /** Called after each iteration; a promise is waited for. */
  onIteration?: (at: { iteration: number; value: number; gradientMax: number }) => void | Promise<void>;
}

export interface LbfgsResult {
  x: Float64Array;
  value: number;
  /** Largest entry of the gradient at x. */
  gradientMax: number;
  iterations: number;
  evaluations: number;
  /** `stalled`: no step lowers the value any more, the gradient is as small as the function's precision allows. */
  reason: 'converged' | 'stalled' | 'max-iterations';
}

interface Pair {
  step: Float64Array;
  change: Float64Array;
  curvature: number;
}

/**
 * Limited-memory BFGS: two-loop recursion (Nocedal & Wright, Numerical Optimization, algorithm 7.4) with a strong-Wolfe line search.
 *
 * @param evaluate value and gradient at a point
 * @param start is not changed
 */
export async function lbfgs(evaluate: Evaluate, start: Float64Array, options: LbfgsOptions): Promise<LbfgsResult> {
  const { gradientTolerance, maxIterations, memory = 10, valueNoise = 0, onIteration } = options;
  let at: Point = { x: start, ...evaluate(start) };
  const pairs: Pair[] = [];
  let [iterations, evaluations] = [0, 1];
  const result = (reason: LbfgsResult['reason']): LbfgsResult => {
    return { x: at.x, value: at.value, gradientMax: largestMagnitude(at.gradient), iterations, evaluations, reason };
  };
  for (;;) {
    const gradientMax = largestMagnitude(at.gradient);
    await onIteration?.({ iteration: iterations, value: at.value, gradientMax });
    if (gradientMax <= gradientTolerance) return result('converged');
    if (iterations === maxIterations) return result('max-iterations');
    const search = lineSearch(evaluate, at, {
      direction: descentDirection(at.gradient, pairs),
      firstStep: pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(at.gradient, at.gradient))) : 1,
      valueNoise: valueNoise * Math.abs(at.value),
    });
    evaluations += search.evaluations;
    if (!search.found) {
      if (pairs.length === 0) return result('stalled');
      pairs.length = 0; // once more along the plain gradient, before giving up
      continue;
    }
    remember(pairs, at, search.found, memory);
    at = search.found;
    iterations++;
  }
}

/** −H g by the two loops, with H₀ = γ I, γ = s·y / y·y of the last pair. */
function descentDirection(gradient: Float64Array, pairs: Pair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights: number[] = [];
  for (const { step, change, curvature } of pairs.toReversed()) {
    const weight = dot(step, direction) / curvature;
    weights.push(weight);
    addScaled(direction, change, -weight);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.change, last.change);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const { step, change, curvature } of pairs)
    addScaled(direction, step, weights.pop()! - dot(change, direction) / curvature);
  return direction;
}

/** A pair whose curvature rounding has eaten would spoil H, so it is left out. */
function remember(pairs: Pair[], from: Point, to: Point, memory: number): void {
  const step = to.x.map((value, i) => value - from.x[i]!);
  const change = to.gradient.map((value, i) => value - from.gradient[i]!);
  const curvature = dot(step, change);
  if (curvature <= Number.EPSILON * dot(change, change)) return;
  pairs.push({ step, change, curvature });
  if (pairs.length > memory) pairs.shift();
}
