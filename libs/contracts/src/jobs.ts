import { z } from 'zod';

import { countSchema, nameSchema, sha256Schema } from './names.ts';

const version = z.literal(1);
const traceId = z.string().max(64);
export const probeKindSchema = z
  .enum(['knn', 'linear', 'linear-sgd', 'fine-tune', 'few-labels-1', 'few-labels-10'])
  .describe('how an encoder is measured');
export type ProbeKind = z.infer<typeof probeKindSchema>;
/** Splits a probe may be measured on: `eval` is reported, `tune` decides. */
export const probeSplitSchema = z.enum(['eval', 'tune']);
export type ProbeSplit = z.infer<typeof probeSplitSchema>;

/** List a request's source and split it into parts. */
export const ingestPlanJobSchema = z.strictObject({
  version,
  kind: z.literal('plan'),
  dataset: nameSchema,
  request: nameSchema,
  traceId,
});

/** Read, verify and write one part of a plan. */
export const ingestPartJobSchema = z.strictObject({
  version,
  kind: z.literal('part'),
  dataset: nameSchema,
  request: nameSchema,
  planHash: sha256Schema,
  part: countSchema,
  traceId,
});
export const ingestJobSchema = z.discriminatedUnion('kind', [ingestPlanJobSchema, ingestPartJobSchema]);
export type IngestPlanJob = z.infer<typeof ingestPlanJobSchema>;
export type IngestPartJob = z.infer<typeof ingestPartJobSchema>;

/** Make one view block; what to make is in the views object that the hash names. */
export const augmentJobSchema = z.strictObject({
  version,
  viewsHash: sha256Schema,
  epoch: countSchema,
  block: countSchema,
  traceId,
});
export type AugmentJob = z.infer<typeof augmentJobSchema>;

/** Own a run until it ends; everything else is in the run's spec and head. */
export const pretrainJobSchema = z.strictObject({ version, run: nameSchema, method: nameSchema, traceId });
export type PretrainJob = z.infer<typeof pretrainJobSchema>;

/** Measure an encoder: a run's at a step (0 is the untrained one), or raw pixels of the same split with the run's probe options. */
export const probeJobSchema = z.strictObject({
  version,
  target: z.enum(['run', 'pixels']),
  run: nameSchema,
  step: countSchema,
  kind: probeKindSchema,
  split: probeSplitSchema.default('eval').describe('what it is measured on; the encoder is fitted on train'),
  key: z.string().describe('of the result'),
  traceId,
});
export type ProbeJob = z.infer<typeof probeJobSchema>;

/** `views`: what the run trains on, independent of its weights; `encoder`: what its weights at a step make of images. */
export const picturesKindSchema = z.enum(['views', 'encoder']);
export type PicturesKind = z.infer<typeof picturesKindSchema>;

/** Make pictures of a run: of its views (step 0), or of its encoder at a step (0 is the untrained one). */
export const picturesJobSchema = z.strictObject({
  version,
  target: z.literal('pictures'),
  run: nameSchema,
  step: countSchema,
  kind: picturesKindSchema,
  key: z.string().describe('of the object that names what was made'),
  traceId,
});
export type PicturesJob = z.infer<typeof picturesJobSchema>;

/** What the probe stage takes. */
export const probeStageJobSchema = z.discriminatedUnion('target', [probeJobSchema, picturesJobSchema]);
export type ProbeStageJob = z.infer<typeof probeStageJobSchema>;
