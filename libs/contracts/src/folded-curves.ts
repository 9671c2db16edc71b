import { z } from 'zod';

import { countSchema, positiveSchema } from './names.ts';

const values = z.array(z.number().nullable()).describe('one an entry; null: no step of it had the quantity');

/**
 * Steps of a metrics segment folded to entries of several steps each, as columns: what a curve of a long run is drawn of. It
 * follows from the segment, so it can be made again.
 */
export const foldedCurvesSchema = z.strictObject({
  format: z.literal('unlabel.folded-curves'),
  version: z.literal(2),
  stepsPerEntry: positiveSchema,
  step: z.array(positiveSchema).describe('the last step of each entry'),
  epoch: z.array(countSchema).describe('at that step'),
  at: z.array(z.number()).describe('at that step, milliseconds since 1970'),
  quantities: z.record(
    z.string(),
    z.strictObject({ sum: values, min: values, max: values, count: z.array(countSchema) }),
  ),
});
export type FoldedCurves = z.infer<typeof foldedCurvesSchema>;
