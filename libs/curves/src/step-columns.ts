import { curveReadings, type StepMetrics } from '#lib/contracts';

/**
 * A quantity over consecutive entries. An entry stands for one step or for several: their sum, how many of them had the
 * quantity, and the least and largest value. Where no step had it, `count` is 0 and the values are NaN.
 */
export interface Quantity {
  sum: Float64Array;
  min: Float64Array;
  max: Float64Array;
  count: Uint32Array;
}

/** Metrics as columns, ascending by step: a tenth of what they take as objects. */
export interface StepColumns {
  /** the last step of each entry */
  step: Uint32Array;
  epoch: Uint32Array;
  /** milliseconds since 1970, at that step */
  at: Float64Array;
  quantities: Map<string, Quantity>;
}

/** Steps as columns. @param batch images of a step, by which the time that it waited becomes a part of it */
export function columnsOf(steps: readonly StepMetrics[], batch: number): StepColumns {
  const quantities = new Map<string, Quantity>();
  for (const [name, read] of curveReadings(steps)) {
    const quantity = singles(steps, (metrics) => read(metrics, batch));
    if (quantity) quantities.set(name, quantity);
  }
  return {
    step: Uint32Array.from(steps, ({ step }) => step),
    epoch: Uint32Array.from(steps, ({ epoch }) => epoch),
    at: Float64Array.from(steps, ({ at }) => at),
    quantities,
  };
}

/**
 * Entries of one step each: the least, the largest and the sum are one array. Undefined where no step had the quantity. A plain
 * loop, for the first look at a long run waits for it.
 */
function singles(
  steps: readonly StepMetrics[],
  read: (metrics: StepMetrics) => number | undefined,
): Quantity | undefined {
  const values = new Float64Array(steps.length).fill(NaN);
  const count = new Uint32Array(steps.length);
  let had = 0;
  for (let i = 0; i < steps.length; i++) {
    const value = read(steps[i] as StepMetrics);
    if (value === undefined || !Number.isFinite(value)) continue;
    values[i] = value;
    count[i] = 1;
    had += 1;
  }
  return had === 0 ? undefined : { sum: values, min: values, max: values, count };
}

/** What columns take of memory; arrays that are one are counted once. */
export function bytesOf({ step, epoch, at, quantities }: StepColumns): number {
  let bytes = step.byteLength + epoch.byteLength + at.byteLength + 200;
  for (const { sum, min, count } of quantities.values())
    bytes += sum.byteLength * (min === sum ? 1 : 3) + count.byteLength + 200;
  return bytes;
}
