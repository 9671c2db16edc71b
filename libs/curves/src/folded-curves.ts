import { type FoldedCurves, FormatError, type StepMetrics } from '#lib/contracts';

import { foldSteps } from './fold-steps.ts';
import { columnsOf, type Quantity, type StepColumns } from './step-columns.ts';

/** Steps of an entry that every metrics segment is kept folded to. Points of more steps are made of these alone. */
export const stepsPerEntry = 64;

/** The steps of a metrics segment as they are kept beside it. @param batch images of a step */
export const foldedCurvesOf = (steps: readonly StepMetrics[], batch: number): FoldedCurves =>
  packCurves(foldSteps([columnsOf(steps, batch)], stepsPerEntry));

/** @param folded of a segment, to entries of `stepsPerEntry` */
export const packCurves = ({ step, epoch, at, quantities }: StepColumns): FoldedCurves => ({
  format: 'unlabel.folded-curves',
  version: 2,
  stepsPerEntry,
  step: [...step],
  epoch: [...epoch],
  at: [...at],
  quantities: Object.fromEntries(
    [...quantities].map(([name, { sum, min, max, count }]) => [
      name,
      { sum: listed(sum), min: listed(min), max: listed(max), count: [...count] },
    ]),
  ),
});

/** @throws FormatError where entries are of another size, or the columns of several lengths */
export function unpackCurves({ step, epoch, at, quantities, ...folded }: FoldedCurves): StepColumns {
  const named = Object.entries(quantities);
  if (folded.stepsPerEntry !== stepsPerEntry)
    throw new FormatError(`folded curves have entries of ${folded.stepsPerEntry} steps; allowed is ${stepsPerEntry}`);
  const columns = [epoch, at, ...named.flatMap(([, { sum, min, max, count }]) => [sum, min, max, count])];
  const other = columns.find(({ length }) => length !== step.length);
  if (other)
    throw new FormatError(`folded curves have a column of ${other.length} values; allowed is ${step.length}, as steps`);
  return {
    step: Uint32Array.from(step),
    epoch: Uint32Array.from(epoch),
    at: Float64Array.from(at),
    quantities: new Map(
      named.map(([name, { sum, min, max, count }]): [string, Quantity] => [
        name,
        { sum: numbers(sum), min: numbers(min), max: numbers(max), count: Uint32Array.from(count) },
      ]),
    ),
  };
}

const listed = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : value));
const numbers = (values: readonly (number | null)[]): Float64Array =>
  Float64Array.from(values, (value) => value ?? Number.NaN);
