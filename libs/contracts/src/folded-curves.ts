import { z } from 'zod';

import { countSchema, positiveSchema } from './names.ts';

const values = z.array(z.number().nullable()).describe('one an entry; null: no step of it had the quantity');

/** Entries of consecutive steps of one metrics segment, as columns. */
const foldedSegmentSchema = z.strictObject({
  key: z.string().describe('of the segment'),
  step: z.array(positiveSchema).describe('the last step of each entry'),
  epoch: z.array(countSchema).describe('at that step'),
  at: z.array(z.number()).describe('at that step, milliseconds since 1970'),
  quantities: z.record(
    z.string(),
    z.strictObject({ sum: values, min: values, max: values, count: z.array(countSchema) }),
  ),
});

/** A run's metrics folded to entries of several steps each, beside the run. All of it follows from the segments: it can be made again. */
export const foldedCurvesSchema = z.strictObject({
  format: z.literal('unlabel.folded-curves'),
  version: z.literal(1),
  stepsPerEntry: positiveSchema,
  upTo: positiveSchema.describe('the last step of the last segment'),
  segments: z.array(foldedSegmentSchema).describe('all that the head named then, by step'),
});
export type FoldedCurves = z.infer<typeof foldedCurvesSchema>;
