import type { Quantity, StepColumns } from './step-columns.ts';

/** The point, counted from step 1, that a step belongs to: points are aligned, so those of different ranges agree. */
export const pointOf = (step: number, stepsPerPoint: number): number => Math.floor((step - 1) / stepsPerPoint);

/**
 * Folds consecutive entries into points of so many steps. Entries that were folded before must be of a size that divides
 * `stepsPerPoint`; what they stand for then lies in one point.
 * @param parts ascending by step, also from one to the next
 * @param within first and last point that are wanted
 */
export function foldSteps(
  parts: readonly StepColumns[],
  stepsPerPoint: number,
  within: readonly [first: number, last: number] = [0, Infinity],
): StepColumns {
  const { places, step, epoch, at } = placesOf(parts, stepsPerPoint, within);
  const names = new Set(parts.flatMap(({ quantities }) => [...quantities.keys()]));
  const quantities = new Map<string, Quantity>();
  for (const name of names) {
    const folded = foldQuantity(parts, name, places, step.length);
    if (folded.count.some((count) => count > 0)) quantities.set(name, folded);
  }
  return {
    step: Uint32Array.from(step),
    epoch: Uint32Array.from(epoch),
    at: Float64Array.from(at),
    quantities,
  };
}

/** Where each entry of each part goes (−1: nowhere), and the heads of the points. */
function placesOf(parts: readonly StepColumns[], stepsPerPoint: number, [first, last]: readonly [number, number]) {
  const [step, epoch, at]: [number[], number[], number[]] = [[], [], []];
  let point = -1; // the point that is being filled
  const places = parts.map((part) =>
    Int32Array.from(part.step, (entryStep, i) => {
      const entryPoint = pointOf(entryStep, stepsPerPoint);
      if (entryPoint < first || entryPoint > last) return -1;
      if (entryPoint !== point) step.push(0);
      point = entryPoint;
      const place = step.length - 1;
      step[place] = entryStep;
      epoch[place] = part.epoch[i] as number;
      at[place] = part.at[i] as number;
      return place;
    }),
  );
  return { places, step, epoch, at };
}

function foldQuantity(parts: readonly StepColumns[], name: string, places: Int32Array[], points: number): Quantity {
  const folded: Quantity = {
    sum: new Float64Array(points),
    min: new Float64Array(points).fill(NaN),
    max: new Float64Array(points).fill(NaN),
    count: new Uint32Array(points),
  };
  for (const [p, part] of parts.entries()) {
    const quantity = part.quantities.get(name);
    if (quantity) addTo(folded, quantity, places[p] as Int32Array);
  }
  for (let i = 0; i < points; i++) if (folded.count[i] === 0) folded.sum[i] = NaN;
  return folded;
}

/** Plain loops over typed arrays: a hundred thousand steps of a dozen quantities pass here. */
function addTo(folded: Quantity, { sum, min, max, count }: Quantity, places: Int32Array): void {
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    const had = count[i] as number;
    if (place < 0 || had === 0) continue;
    const isFirst = folded.count[place] === 0;
    folded.sum[place] = (folded.sum[place] as number) + (sum[i] as number);
    folded.count[place] = (folded.count[place] as number) + had;
    folded.min[place] = isFirst ? (min[i] as number) : Math.min(folded.min[place] as number, min[i] as number);
    folded.max[place] = isFirst ? (max[i] as number) : Math.max(folded.max[place] as number, max[i] as number);
  }
}
