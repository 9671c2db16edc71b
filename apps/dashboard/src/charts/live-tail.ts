import { type Curve, curveReadings, type RunCurves, type StepMetrics } from '#lib/contracts';

/** Steps that came since curves were fetched, ascending. */
export type Tail = readonly StepMetrics[];

/** Takes steps as they come: a later attempt repeats steps, which take the place of those that were there. */
export function withSteps(tail: Tail, steps: readonly StepMetrics[]): Tail {
  const next = [...tail];
  for (const step of steps) {
    while (next.length > 0 && (next.at(-1) as StepMetrics).step >= step.step) next.pop();
    next.push(step);
  }
  return next;
}

/** Whether the tail repeats steps that the curves have already: then they have to be fetched anew. */
export const isRepeating = ({ step }: RunCurves, tail: Tail): boolean =>
  (tail[0]?.step ?? Infinity) <= (step.at(-1) ?? 0);

/** Curves with the steps of a tail folded to points of the same size. @param batch images of a step */
export function withTail(curves: RunCurves, tail: Tail, batch: number): RunCurves {
  if (tail.length === 0) return curves;
  const points = inPoints(tail, curves.stepsPerPoint);
  const last = points.map((point) => point.at(-1) as StepMetrics);
  const readings = new Map(curveReadings(tail));
  const names = new Set([...Object.keys(curves.curves), ...readings.keys()]);
  const nothing = curves.step.map(() => null);
  const folded: [string, Curve][] = [];
  for (const name of names) {
    const known = curves.curves[name];
    const read = readings.get(name);
    const values = points.map((point) => point.flatMap((step) => read?.(step, batch) ?? []));
    if (!known && values.every((each) => each.length === 0)) continue;
    const join = (key: keyof Curve, of: (each: number[]) => number) => [
      ...(known?.[key] ?? nothing),
      ...values.map((each) => (each.length === 0 ? null : of(each))),
    ];
    folded.push([
      name,
      {
        mean: join('mean', (each) => each.reduce((sum, value) => sum + value, 0) / each.length),
        min: join('min', (each) => Math.min(...each)),
        max: join('max', (each) => Math.max(...each)),
      },
    ]);
  }
  return {
    ...curves,
    steps: curves.steps + tail.length,
    step: [...curves.step, ...last.map(({ step }) => step)],
    epoch: [...curves.epoch, ...last.map(({ epoch }) => epoch)],
    at: [...curves.at, ...last.map(({ at }) => at)],
    curves: Object.fromEntries(folded),
  };
}

/** Steps that make one point each; points are aligned as control aligns them. */
function inPoints(tail: Tail, stepsPerPoint: number): StepMetrics[][] {
  const points: StepMetrics[][] = [];
  let at = -1;
  for (const step of tail) {
    const point = Math.floor((step.step - 1) / stepsPerPoint);
    if (point !== at) points.push([]);
    at = point;
    points.at(-1)?.push(step);
  }
  return points;
}
