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

/** What a step tells, by the names of the curves; undefined where it was not read. @param batch images of a step */
export function curveValues(metrics: StepMetrics, batch: number): [name: string, value: number | undefined][] {
  const { loss, terms, learningRate, gradientNorm, imagesPerSecond, waitSeconds, monitors, resources } = metrics;
  return [
    ['loss', loss],
    ...Object.entries(terms).map(([term, value]): [string, number] => [`terms.${term}`, value]),
    ['learningRate', learningRate],
    ['gradientNorm', gradientNorm],
    ['imagesPerSecond', imagesPerSecond],
    ['waitSeconds', waitSeconds],
    ['waitShare', Math.min(1, (waitSeconds * imagesPerSecond) / batch)],
    ['embeddingStd', monitors?.embeddingStd],
    ['rankMe', monitors?.rankMe],
    ['onlineKnn', monitors?.onlineKnn],
    ['cpuShare', resources?.cpuShare],
    ['memoryBytes', resources?.memoryBytes],
    ['gpuShare', resources?.gpuShare],
    ['gpuMemoryBytes', resources?.gpuMemoryBytes],
  ];
}
