import { z } from 'zod';

import { trialSchema } from './budget.ts';

/** What a training step computes in; state, losses and statistics are float32 either way. */
export const computePrecisionSchema = z.enum(['float32', 'bfloat16']);
export type ComputePrecision = z.infer<typeof computePrecisionSchema>;

const wayShape = {
  precision: computePrecisionSchema,
  xla: z.boolean().describe('whether XLA compiles clusters of elementwise operations'),
  sideBySide: z
    .boolean()
    .default(false)
    .describe(
      'whether two parts of a step that need nothing of each other (views, halves of the batch) have half the threads each',
    ),
};
/** A way to compute a step. */
export const computationWaySchema = z.strictObject(wayShape);
export type ComputationWay = z.infer<typeof computationWaySchema>;

/** The way that was chosen for a whole run, and why. */
export const computationSchema = z.strictObject({
  ...wayShape,
  why: z.string(),
  trials: z
    .array(
      z.strictObject({
        ...wayShape,
        secondsPerStep: trialSchema.shape.secondsPerStep.nullable().describe('null: the trial failed'),
        failure: z.string().nullable(),
      }),
    )
    .describe('what was compared; empty where the spec says it'),
});
export type Computation = z.infer<typeof computationSchema>;

/** A way in words, as tables and messages name it. */
export const computationInWords = ({ precision, xla, sideBySide }: ComputationWay): string =>
  `${precision}${xla ? ' with XLA' : ''}${sideBySide ? ', side by side' : ''}`;

/** Threads of an operation, and operations at once, of a way to compute on so many threads. */
export const threadsOf = (
  { sideBySide }: Pick<ComputationWay, 'sideBySide'>,
  threads: number,
): { intraOpThreads: number; interOpThreads: number } => ({
  intraOpThreads: sideBySide ? Math.max(1, Math.floor(threads / 2)) : threads,
  interOpThreads: threads,
});
