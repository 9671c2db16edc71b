import { z } from 'zod';

import { countSchema, nameSchema, positiveSchema } from './names.ts';
import type { StepMetrics } from './run.ts';

const values = z.array(z.number().nullable()).describe('one a point; null: nothing was read in its steps');

/** One quantity over a run. A point stands for consecutive steps: their mean, and their least and largest value. */
export const curveSchema = z.strictObject({ mean: values, min: values, max: values });
export type Curve = z.infer<typeof curveSchema>;

/**
 * A run's metrics in so few points that a page can draw them: `loss`, `terms.<term>`, `learningRate`, `gradientNorm`, `imagesPerSecond`,
 * `waitSeconds`, `waitShare` (of the step's time), `embeddingStd`, `rankMe`, `onlineKnn`, `cpuShare`, `memoryBytes`, `gpuShare`, `gpuMemoryBytes`, as far as the run has them.
 */
export const runCurvesSchema = z.strictObject({
  run: nameSchema,
  steps: countSchema.describe('steps that there are metrics of, in the range asked for'),
  stepsPerPoint: positiveSchema,
  step: z.array(positiveSchema).describe('the last step of each point'),
  epoch: z.array(countSchema).describe('at that step'),
  at: z.array(z.number()).describe('at that step, milliseconds since 1970'),
  curves: z.record(z.string(), curveSchema),
});
export type RunCurves = z.infer<typeof runCurvesSchema>;

type Reading = (metrics: StepMetrics, batch: number) => number | undefined;

/** Curves that are not terms of the loss. */
const readings: [name: string, read: Reading][] = [
  ['learningRate', ({ learningRate }) => learningRate],
  ['gradientNorm', ({ gradientNorm }) => gradientNorm],
  ['imagesPerSecond', ({ imagesPerSecond }) => imagesPerSecond],
  ['waitSeconds', ({ waitSeconds }) => waitSeconds],
  ['waitShare', ({ waitSeconds, imagesPerSecond }, batch) => Math.min(1, (waitSeconds * imagesPerSecond) / batch)],
  ['embeddingStd', ({ monitors }) => monitors?.embeddingStd],
  ['rankMe', ({ monitors }) => monitors?.rankMe],
  ['onlineKnn', ({ monitors }) => monitors?.onlineKnn],
  ['cpuShare', ({ resources }) => resources?.cpuShare],
  ['memoryBytes', ({ resources }) => resources?.memoryBytes],
  ['gpuShare', ({ resources }) => resources?.gpuShare],
  ['gpuMemoryBytes', ({ resources }) => resources?.gpuMemoryBytes],
];

/**
 * What steps tell, a quantity at a time, by the names of the curves: how each is read off a step, undefined where it was not
 * read. Quantities that no step may have are named too.
 */
export function curveReadings(steps: readonly StepMetrics[]): [name: string, read: Reading][] {
  const terms = new Set<string>();
  for (const step of steps) for (const term in step.terms) terms.add(term);
  return [
    ['loss', ({ loss }) => loss],
    ...Array.from(terms, (term): [string, Reading] => [`terms.${term}`, (step) => step.terms[term]]),
    ...readings,
  ];
}
