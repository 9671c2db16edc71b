import { z } from 'zod';

import {
  datasetHeadSchema,
  datasetIndexSchema,
  ingestOptionsSchema,
  setAsideSchema,
  splitCountsSchema,
} from './dataset.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema } from './names.ts';
import { probeJobSchema, probeKindSchema, probeSplitSchema } from './jobs.ts';
import { reportedSchema } from './reported.ts';
import { probeResultSchema } from './probe.ts';
import { runAboutSchema } from './run-about.ts';
import { runHeadSchema, runStateSchema, stepMetricsSchema } from './run.ts';
import { runModelSchema, trainingPlaceSchema } from './run-model.ts';
import { runResolvedSchema, runSpecSchema } from './spec.ts';

/** What every refused request is answered with. `field` and `nearest` are there where one field is at fault. */
export const apiErrorSchema = z.strictObject({
  error: z.string().describe('what is wrong'),
  remedy: z.string().nullable().describe('what to do'),
  field: z.string().nullable(),
  nearest: z.string().nullable().describe('the known name most like what arrived'),
});
export type ApiError = z.infer<typeof apiErrorSchema>;

export const apiHealthSchema = z.strictObject({
  version: z.string(),
  storage: z.string(),
  nats: z.string(),
  startedAt: z.iso.datetime(),
});
export type ApiHealth = z.infer<typeof apiHealthSchema>;

/** Start an ingest. */
export const ingestCallSchema = z.strictObject({ dataset: nameSchema, options: ingestOptionsSchema });
export type IngestCall = z.infer<typeof ingestCallSchema>;
export const ingestStartedSchema = z.strictObject({ dataset: nameSchema, request: nameSchema });

export const datasetStateSchema = z.enum(['planning', 'ingesting', 'ready', 'failed']);
export const datasetSummarySchema = z.strictObject({
  dataset: nameSchema,
  state: datasetStateSchema.describe('of its newest request'),
  request: nameSchema,
  contentHash: sha256Schema.nullable().describe('null until an index exists'),
  source: z.string(),
  splits: splitCountsSchema.nullable(),
  classes: countSchema.nullable(),
  images: z.string().nullable().describe('"32 × 32" or "as they are"'),
  sizeBytes: countSchema.nullable(),
  setAside: countSchema.nullable(),
  partsDone: countSchema,
  parts: countSchema.nullable(),
  reason: z.string().nullable().describe('why it failed'),
  remedy: z.string().nullable().describe('what to do about that'),
  notes: z.array(z.string()).describe('what ingest decided that the caller may not expect'),
});
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;
export const datasetDetailSchema = z.strictObject({
  summary: datasetSummarySchema,
  head: datasetHeadSchema.nullable(),
  index: datasetIndexSchema.nullable(),
  setAside: z.array(setAsideSchema),
  disk: z.strictObject({
    shardsBytes: countSchema.describe('images, of all that was ever ingested under this name'),
    sharedBytes: countSchema.describe('part of it that other datasets hold as well: it stays when this one is removed'),
    recordsBytes: countSchema.describe('requests, plans, parts, indexes, baselines'),
  }),
});
export type DatasetDetail = z.infer<typeof datasetDetailSchema>;

/** What became of a dataset that was removed. */
export const datasetRemovedSchema = z.strictObject({
  dataset: nameSchema,
  freedBytes: countSchema.describe('of images'),
  keptBytes: countSchema.describe('of images that other datasets hold as well'),
  stopped: z.array(nameSchema).describe('runs on it that were told to stop'),
  isSwept: z.boolean().describe('false: its images go when the ingests that are under way have ended'),
});
export type DatasetRemoved = z.infer<typeof datasetRemovedSchema>;

/** One method, backbone or recipe of the catalogue, with its options' JSON schema where it has options. */
export const catalogueEntrySchema = z.strictObject({
  name: nameSchema,
  title: z.string(),
  description: z.string(),
  options: z.unknown().optional(),
});
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;

/** Start a run: a recipe, changes to it as dotted keys (`method.options.maskRatio`), a dataset. */
export const runCallSchema = z.strictObject({
  recipe: z.string(),
  dataset: z.string(),
  changes: z.record(z.string(), z.string()).default({}),
  run: nameSchema.optional().describe('its id; made from recipe and time if absent'),
});
export type RunCall = z.infer<typeof runCallSchema>;
export const runStartedSchema = z.strictObject({
  run: nameSchema,
  notes: z.array(z.string()).describe('what was decided that the caller may not expect'),
});

/** A run that goes on from a checkpoint of another, otherwise. */
export const forkCallSchema = z.strictObject({
  changes: z.record(z.string(), z.string()).default({}),
  checkpoint: z
    .union([z.enum(['last', 'best']), positiveSchema])
    .default('last')
    .describe('which one, or its step'),
  run: nameSchema.optional().describe('its id; made from recipe and time if absent'),
});
export type ForkCall = z.infer<typeof forkCallSchema>;

/** What a call would start, without starting it. */
export const runCheckSchema = z.strictObject({
  spec: runSpecSchema,
  notes: z.array(z.string()),
  model: runModelSchema,
  place: trainingPlaceSchema.nullable().describe('the worker with the most memory; null: none is here yet'),
  stepsPerEpoch: positiveSchema,
  totalSteps: positiveSchema.nullable().describe('null: a budget in minutes is turned into steps by its worker'),
});
export type RunCheck = z.infer<typeof runCheckSchema>;

export const runSummarySchema = z.strictObject({
  run: nameSchema,
  state: runStateSchema,
  reason: z.string().nullable(),
  remedy: z.string().nullable(),
  recipe: z.string(),
  method: z.string(),
  backbone: z.string(),
  dataset: z.string(),
  precision: runSpecSchema.shape.precision.describe('as the spec asks for it'),
  batch: positiveSchema,
  seed: countSchema,
  specGroup: sha256Schema.describe('of the spec without its seed: runs that differ in seed alone have the same'),
  epochs: positiveSchema.nullable().describe('that its steps reach into; null until they are known'),
  step: countSchema.describe('last step seen, live or committed'),
  totalSteps: positiveSchema.nullable().describe('null until its worker has timed a budget in minutes'),
  loss: z.number().nullable(),
  imagesPerSecond: z.number().nullable(),
  knn: z.number().nullable(),
  linear: z.number().nullable(),
  about: runAboutSchema.pick({ title: true, tags: true, notes: true }),
  createdAt: z.iso.datetime(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;
export const runDetailSchema = z.strictObject({
  summary: runSummarySchema,
  spec: runSpecSchema,
  model: runModelSchema.nullable().describe('null for a run whose registration was cut short'),
  resolved: runResolvedSchema.nullable(),
  head: runHeadSchema,
  probes: z.array(probeResultSchema),
  probesPending: z.array(probeJobSchema.pick({ target: true, step: true, kind: true })),
});
export type RunDetail = z.infer<typeof runDetailSchema>;
/** What a run's recipe alone gives on the run's dataset: what differs in the run was asked for. */
export const runRecipeSchema = z.strictObject({
  recipe: nameSchema,
  spec: runSpecSchema.nullable().describe('null: the recipe or the dataset is no longer what it was'),
});
export type RunRecipe = z.infer<typeof runRecipeSchema>;
export const runMetricsSchema = z.strictObject({ run: nameSchema, metrics: z.array(stepMetricsSchema) });

/** Measure an encoder of a run: any of its checkpoints, or the untrained one (step 0). */
export const probeCallSchema = z.strictObject({
  kinds: z.array(probeKindSchema).min(1).default(['knn', 'linear']),
  checkpoint: z
    .union([z.enum(['last', 'best']), countSchema])
    .default('last')
    .describe('a step; best: the one measured best on tune; 0: the untrained encoder'),
  split: probeSplitSchema.default('eval'),
  again: z.boolean().default(false).describe('measure what is there already once more'),
});
export type ProbeCall = z.infer<typeof probeCallSchema>;
/** One measurement of a run, and what became of it. */
export const askedProbeSchema = z.strictObject({
  step: countSchema,
  kind: probeKindSchema,
  split: probeSplitSchema,
});
export type AskedProbe = z.infer<typeof askedProbeSchema>;
export const probesAskedSchema = z.strictObject({ probes: z.array(askedProbeSchema) });
export const probeStatusSchema = z.strictObject({
  state: z.enum(['measuring', 'done', 'failed']),
  progress: z
    .strictObject({ phase: z.string(), done: z.number() })
    .nullable()
    .describe('last word of the worker, where there was one'),
  result: probeResultSchema.nullable(),
  reason: z.string().nullable().describe('why it failed'),
  remedy: z.string().nullable(),
});
export type ProbeStatus = z.infer<typeof probeStatusSchema>;

const spread = z.number().nonnegative().nullable();
/** One row of a comparison: a run, or a baseline measured on the same split with the same options. */
export const compareRowSchema = z.strictObject({
  row: z.enum(['pixels', 'untrained', 'run', 'group']).describe('group: runs of one spec that differ in seed alone'),
  label: z.string(),
  run: nameSchema.nullable(),
  method: z.string().nullable(),
  backbone: z.string().nullable(),
  state: runStateSchema.nullable(),
  epochs: z.number().nullable(),
  imagesSeen: countSchema.nullable(),
  trainSeconds: z.number().nullable(),
  imagesPerSecond: z.number().nullable(),
  knn: z.number().nullable(),
  linear: z.number().nullable(),
  macroF1: z.number().nullable().describe('of the linear probe'),
  rankMe: z.number().nullable().describe('effective rank of the features'),
  seeds: z.array(countSchema).describe('of the run, or of the runs of a group'),
  spread: z
    .strictObject({ knn: spread, linear: spread, macroF1: spread, rankMe: spread })
    .nullable()
    .describe('of a group, whose figures are means: their standard deviation over seeds (n − 1)'),
  reported: reportedSchema.nullable().describe('figures that others published for this'),
  parameters: countSchema.nullable(),
});
export type CompareRow = z.infer<typeof compareRowSchema>;
export const comparisonSchema = z.strictObject({
  dataset: nameSchema,
  contentHash: sha256Schema,
  trainSamples: countSchema.describe('samples of train that the probes used'),
  evalSamples: countSchema,
  rows: z.array(compareRowSchema),
  notes: z.array(z.string()).describe('what keeps rows from being compared, if anything'),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export const doctorCheckSchema = z.strictObject({
  check: z.string(),
  ok: z.boolean(),
  found: z.string(),
  remedy: z.string().nullable(),
});
export const doctorReportSchema = z.strictObject({ checks: z.array(doctorCheckSchema) });
export type DoctorReport = z.infer<typeof doctorReportSchema>;

/** Names the one stack of a storage folder; a second one is refused. */
export const stackSchema = z.strictObject({
  format: z.literal('unlabel.stack'),
  version: z.literal(1),
  supervisorPid: positiveSchema,
  nonce: z.string(),
  control: z.string().describe('address of control'),
  nats: z.string(),
  storage: z.string(),
  startedAt: z.iso.datetime(),
  children: z.array(z.strictObject({ name: z.string(), pid: positiveSchema })),
});
export type Stack = z.infer<typeof stackSchema>;
