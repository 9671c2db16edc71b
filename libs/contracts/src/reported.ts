import { z } from 'zod';

const share = z.number().min(0).max(1);

/** Figures that others published, parts of 1. They are only shown, beside what was measured here. */
export const reportedSchema = z.strictObject({
  knn: share.optional().describe('top-1 of k-NN'),
  linear: share.optional().describe('top-1 of a linear classifier'),
  macroF1: share.optional().describe('mean F1 of the classes'),
  note: z.string().optional().describe('what they were measured on, if not on this'),
});
export type Reported = z.infer<typeof reportedSchema>;
