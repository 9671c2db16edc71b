import { z } from 'zod';

import { probeKindSchema, probeSplitSchema } from './jobs.ts';
import { countSchema, nameSchema, sha256Schema, splitSchema } from './names.ts';

/** One image of a split, by its number in it. */
export const sampleSchema = z.strictObject({
  index: countSchema.describe('its number within the split'),
  id: z.string().describe('the path below the source'),
  class: z.int().min(-1).describe('index of its class; -1: none'),
});
export type DatasetSample = z.infer<typeof sampleSchema>;

/** Some images of a split, or of a class of it. */
export const datasetSamplesSchema = z.strictObject({
  dataset: nameSchema,
  contentHash: sha256Schema.describe('of the index that numbers them'),
  split: splitSchema,
  class: z.int().min(-1).nullable().describe('only images of this class; null: of all'),
  total: countSchema.describe('how many there are of them'),
  offset: countSchema,
  samples: z.array(sampleSchema),
});
export type DatasetSamples = z.infer<typeof datasetSamplesSchema>;

/** The images behind a cell of a probe's confusion matrix. */
export const confusedSchema = z.strictObject({
  run: nameSchema,
  step: countSchema,
  kind: probeKindSchema,
  split: probeSplitSchema,
  dataset: nameSchema,
  contentHash: sha256Schema,
  truth: countSchema.describe('index of their class'),
  predicted: countSchema.describe('index of the class that they were taken for'),
  total: countSchema,
  samples: z.array(sampleSchema),
});
export type Confused = z.infer<typeof confusedSchema>;
