import { z } from 'zod';

import { countSchema, nameSchema, positiveSchema, sha256Schema, splitSchema } from './names.ts';

const fraction = z.number().gt(0).lte(1);

/** What a user asks of ingest. Paths are absolute: the worker that lists them may run in another folder. */
export const ingestOptionsSchema = z
  .strictObject({
    sources: z.array(z.string().min(1)).min(1).describe('folders, one tar, or one name of the catalogue'),
    evalSource: z.string().optional().describe('a second source whose images are the eval split'),
    holdout: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('part of each class held out as eval, unless evalSource is given'),
    tune: z.number().min(0).lt(1).default(0.05).describe('part of each class of train cut off as tune'),
    classes: positiveSchema.optional().describe('keep the first so many classes, by name'),
    fraction: fraction.optional().describe('keep this part of each class, chosen by hash'),
    labels: z.record(z.string(), z.string()).optional().describe('class name of each folder name (Labels.json)'),
    size: z.int().min(1).max(4096).optional().describe('store every image as a square of this side, in pixels'),
    maxPixels: positiveSchema.default(50_000_000).describe('an image with more pixels is set aside'),
  })
  .describe('options of ingest');
export type IngestOptions = z.infer<typeof ingestOptionsSchema>;

export const ingestRequestSchema = z.strictObject({
  format: z.literal('unlabel.ingest-request'),
  version: z.literal(1),
  dataset: nameSchema,
  request: nameSchema,
  options: ingestOptionsSchema,
  requestedAt: z.iso.datetime(),
});
export type IngestRequest = z.infer<typeof ingestRequestSchema>;

/** One image of a source: where it is, what it is called, what it shows. */
export const sourceImageSchema = z.strictObject({
  id: z.string().describe('the path below the source'),
  file: z.string().describe('the file that holds it: itself, or a tar'),
  offset: countSchema.optional().describe('first byte within a tar'),
  sizeBytes: countSchema,
  modifiedMs: z.number().describe('when its file was last changed, milliseconds since 1970'),
  class: z.int().min(-1).describe('index of its class; -1: no class'),
});
export type SourceImage = z.infer<typeof sourceImageSchema>;

/** How a source was cut into parts. One part makes one shard. Its hash names the plan. */
export const ingestPlanSchema = z.strictObject({
  format: z.literal('unlabel.ingest-plan'),
  version: z.literal(1),
  images: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('small'), width: positiveSchema, height: positiveSchema, resize: z.boolean() }),
    z.strictObject({ kind: z.literal('large') }),
  ]),
  classes: z.array(z.strictObject({ folder: z.string(), name: z.string() })),
  maxPixels: positiveSchema,
  revision: z.string().describe('revision of the decoder that will read the images'),
  parts: z.array(z.strictObject({ split: splitSchema, images: positiveSchema, sha256: sha256Schema })).min(1),
  listingSetAside: z
    .array(z.strictObject({ id: z.string(), reason: z.string() }))
    .describe('members refused while listing'),
});
export type IngestPlan = z.infer<typeof ingestPlanSchema>;

export const ingestPlanPartSchema = z.strictObject({
  format: z.literal('unlabel.ingest-plan-part'),
  version: z.literal(1),
  split: splitSchema,
  images: z.array(sourceImageSchema).min(1),
});
export type IngestPlanPart = z.infer<typeof ingestPlanPartSchema>;

export const ingestPlannedSchema = z.strictObject({
  format: z.literal('unlabel.ingest-planned'),
  version: z.literal(1),
  planHash: sha256Schema,
  notes: z.array(z.string()).describe('what was decided that the caller may not expect'),
});

export const setAsideSchema = z.strictObject({ id: z.string(), reason: z.string() });
export const shardSchema = z.strictObject({
  split: splitSchema,
  key: z.string(),
  sizeBytes: positiveSchema,
  samples: positiveSchema,
  sha256: sha256Schema,
});
export type Shard = z.infer<typeof shardSchema>;

/** What ingesting one part gave: its shard (none if every image was set aside), class counts, files set aside. */
export const ingestPartSchema = z.strictObject({
  format: z.literal('unlabel.ingest-part'),
  version: z.literal(1),
  shard: shardSchema.nullable(),
  classCounts: z.array(countSchema),
  setAside: z.array(setAsideSchema),
});
export type IngestPart = z.infer<typeof ingestPartSchema>;

export const splitCountsSchema = z.strictObject({ train: countSchema, tune: countSchema, eval: countSchema });

/** What a dataset is. The sha256 of its canonical JSON is the content hash: it holds no name, time or host. */
export const datasetIndexSchema = z.strictObject({
  format: z.literal('unlabel.dataset-index'),
  version: z.literal(1),
  images: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('small'), width: positiveSchema, height: positiveSchema }),
    z.strictObject({ kind: z.literal('large') }),
  ]),
  classes: z.array(z.strictObject({ folder: z.string(), name: z.string() })),
  splits: splitCountsSchema,
  classCounts: z.strictObject({ train: z.array(countSchema), tune: z.array(countSchema), eval: z.array(countSchema) }),
  shards: z.array(shardSchema).min(1).describe('in order: the samples of a split are numbered through its shards'),
  setAside: z.strictObject({ count: countSchema, first: z.array(setAsideSchema).max(1000) }),
});
export type DatasetIndex = z.infer<typeof datasetIndexSchema>;

/** Which index a dataset's name means now. */
export const datasetHeadSchema = z.strictObject({
  format: z.literal('unlabel.dataset-head'),
  version: z.literal(1),
  dataset: nameSchema,
  request: nameSchema,
  planHash: sha256Schema,
  contentHash: sha256Schema,
  source: z.string(),
  ingestedAt: z.iso.datetime(),
});
export type DatasetHead = z.infer<typeof datasetHeadSchema>;

/** In place of the head of a dataset that was removed: what was asked for up to then is gone, and stays so. */
export const datasetTombstoneSchema = z.strictObject({
  format: z.literal('unlabel.dataset-tombstone'),
  version: z.literal(1),
  dataset: nameSchema,
  nonce: z.string(),
  removedAt: z.iso.datetime(),
});
export type DatasetTombstone = z.infer<typeof datasetTombstoneSchema>;

/** What lies under the key of a dataset's head. */
export const storedDatasetHeadSchema = z.discriminatedUnion('format', [datasetHeadSchema, datasetTombstoneSchema]);
export type StoredDatasetHead = z.infer<typeof storedDatasetHeadSchema>;

/** Whether a request of that time is among what a removal took away. */
export const isBuried = (head: StoredDatasetHead | undefined, requestedAt: string): boolean =>
  head?.format === 'unlabel.dataset-tombstone' && requestedAt <= head.removedAt;
