import { z } from 'zod';

import { countSchema, nameSchema, positiveSchema, sha256Schema } from './names.ts';
import { workerPresenceSchema } from './presence.ts';
import { stages } from './subjects.ts';

/** A stage's queue, and how fast it is emptied. */
export const pipelineStageSchema = z.strictObject({
  stage: z.enum(stages),
  pending: countSchema.describe('jobs that wait for a worker'),
  inFlight: countSchema.describe('jobs that a worker has'),
  donePerMinute: z.number().nonnegative().describe('jobs that ended in the last minute'),
  workers: z.array(workerPresenceSchema),
});

/** A run that trains, and what it waits for. */
export const pipelineRunSchema = z.strictObject({
  run: nameSchema,
  imagesPerSecond: z.number().nullable(),
  waitShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('part of its last steps that it waited for view blocks; null: no step yet'),
  viewsHash: sha256Schema,
});

/** The cache of view blocks. */
export const viewCacheStatusSchema = z.strictObject({
  budgetBytes: positiveSchema,
  usedBytes: countSchema,
  blocks: countSchema,
  evictedBytes: countSchema.describe('since control started'),
});

/** Who works on what, and who waits for whom. */
export const pipelineSchema = z.strictObject({
  stages: z.array(pipelineStageSchema),
  runs: z.array(pipelineRunSchema),
  views: viewCacheStatusSchema,
  deadLetters: countSchema,
  verdict: z.string().describe('in a sentence: who waits for whom, by how much, and what helps'),
});
export type Pipeline = z.infer<typeof pipelineSchema>;
