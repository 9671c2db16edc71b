import { z } from 'zod';

import { picturesKindSchema, probeKindSchema, probeSplitSchema } from './jobs.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema } from './names.ts';
import { runStateSchema, stepMetricsSchema } from './run.ts';

const version = z.literal(1);

/** Events only shorten waits: whoever needs an object polls its key as well. */
export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    version,
    type: z.literal('block-ready'),
    viewsHash: sha256Schema,
    epoch: countSchema,
    block: countSchema,
  }),
  z.strictObject({
    version,
    type: z.literal('block-failed'),
    viewsHash: sha256Schema,
    epoch: countSchema,
    block: countSchema,
    reason: z.string(),
  }),
  z.strictObject({
    version,
    type: z.literal('run-state'),
    run: nameSchema,
    state: runStateSchema,
    step: countSchema,
    reason: z.string().nullable(),
    wanted: z.enum(['run', 'stop']).optional().describe('by a user'),
    attempt: countSchema.optional(),
    worker: z.string().optional().describe('host and process of the attempt; absent where control tells'),
  }),
  z.strictObject({
    version,
    type: z.literal('run-step'),
    run: nameSchema,
    totalSteps: positiveSchema,
    metrics: stepMetricsSchema,
  }),
  z.strictObject({
    version,
    type: z.literal('ingest-planned'),
    dataset: nameSchema,
    request: nameSchema,
    parts: positiveSchema,
    images: positiveSchema,
  }),
  z.strictObject({
    version,
    type: z.literal('ingest-part'),
    dataset: nameSchema,
    planHash: sha256Schema,
    part: countSchema,
  }),
  z.strictObject({ version, type: z.literal('dataset-ready'), dataset: nameSchema, contentHash: sha256Schema }),
  z.strictObject({
    version,
    type: z.literal('probe-progress'),
    target: z.string(),
    step: countSchema,
    kind: probeKindSchema,
    split: probeSplitSchema.default('eval'),
    phase: z.string(),
    done: z.number().min(0).max(1),
  }),
  z.strictObject({
    version,
    type: z.literal('probe-result'),
    target: z.string(),
    step: countSchema,
    kind: probeKindSchema,
    split: probeSplitSchema.default('eval'),
    top1: z.number(),
  }),
  z.strictObject({
    version,
    type: z.literal('pictures-made'),
    run: nameSchema,
    step: countSchema,
    kind: picturesKindSchema,
  }),
]);
export type UnlabelEvent = z.infer<typeof eventSchema>;
