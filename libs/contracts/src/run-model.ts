import { z } from 'zod';

import { countSchema, positiveSchema } from './names.ts';

export const modelLayerSchema = z.strictObject({
  layer: z.string(),
  outputShape: z.array(countSchema).nullable().describe('of one image; null for heads, whose shapes the method keeps'),
  parameters: countSchema.describe('trainable ones'),
});
export type ModelLayer = z.infer<typeof modelLayerSchema>;

/** What a spec's training is expected to take, found before its first step. */
export const memoryEstimateSchema = z.strictObject({
  hostBytes: positiveSchema.describe('of the training process on a CPU, at its peak'),
  deviceBytes: positiveSchema.describe('of a GPU, at its peak'),
  stateBytes: countSchema.describe('part of it: parameters, buffers and optimiser slots, once'),
  stepBytes: countSchema.describe('part of it: what a step holds at most, state included'),
});
export type MemoryEstimate = z.infer<typeof memoryEstimateSchema>;

/** A run's model as a table, and what training it takes. A function of the spec alone; stored with the run. */
export const runModelSchema = z.strictObject({
  format: z.literal('unlabel.run-model'),
  version: z.literal(1),
  layers: z.array(modelLayerSchema),
  parameters: positiveSchema.describe('trainable parameters, heads included'),
  memory: memoryEstimateSchema,
});
export type RunModel = z.infer<typeof runModelSchema>;

/** Where a run may train: a worker's machine, and the memory that it has for the run's device. */
export const trainingPlaceSchema = z.strictObject({
  name: z.string().describe('as in "…, NAME has 16.0 GB"'),
  device: z.enum(['cpu', 'gpu']),
  bytes: positiveSchema,
});
export type TrainingPlace = z.infer<typeof trainingPlaceSchema>;

/** To the process that looks at specs before they start. */
export const admissionQuestionSchema = z.strictObject({
  specs: z.array(z.unknown()).min(1),
  places: z.array(trainingPlaceSchema),
});
/** Its answers, one a spec; `refusal` is there where it fits nowhere. */
export const admissionSchema = z.strictObject({
  model: runModelSchema,
  refusal: z.strictObject({ message: z.string(), remedy: z.string(), field: z.string() }).nullable(),
});
export type Admission = z.infer<typeof admissionSchema>;
