import { z } from 'zod';

import { probeKindSchema } from './jobs.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema, splitSchema } from './names.ts';
import { optimiserSchema, scheduleSchema } from './optimisation.ts';
import { viewRecipeSchema } from './views.ts';

const options = z.record(z.string(), z.unknown());

export const earlyStoppingSchema = z.strictObject({
  on: z.literal('loss').describe('the mean loss of an epoch'),
  patienceEpochs: positiveSchema.describe('stop after so many epochs without improvement'),
  minChange: z.number().nonnegative().describe('an improvement is a fall by at least this much'),
});

export const probeOptionsSchema = z.strictObject({
  kinds: z.array(probeKindSchema).describe('what to measure when the run ends'),
  k: positiveSchema.describe('neighbours of k-NN'),
  temperature: z.number().positive().describe('temperature of the k-NN weights exp(cos / T)'),
  inverseRegularisation: z.number().positive().describe('C of the logistic regression; larger is weaker'),
  trainSamples: positiveSchema.nullable().describe('use the first so many samples of train; null: all'),
});
export type ProbeOptions = z.infer<typeof probeOptionsSchema>;

export const checkpointOptionsSchema = z.strictObject({
  everyEpochs: positiveSchema.describe('a checkpoint at a fixed step, after each so many epochs'),
  everySeconds: positiveSchema.describe('a checkpoint by time, only to resume from'),
  keep: positiveSchema.describe('fixed checkpoints kept; the final one stays for good'),
});

/** What the user asked for, every default written out. Written once; its hash ties checkpoints to it. */
export const runSpecSchema = z.strictObject({
  format: z.literal('unlabel.run-spec'),
  version: z.literal(1),
  recipe: nameSchema,
  dataset: z.strictObject({ name: nameSchema, contentHash: sha256Schema, trainSamples: positiveSchema }),
  method: z.strictObject({ name: nameSchema, options }),
  backbone: z.strictObject({ name: nameSchema, options }),
  image: z.strictObject({
    size: positiveSchema.describe('side of a view in pixels'),
    mean: z.array(z.number()).length(3).describe('per channel, of pixels in 0..1'),
    std: z.array(z.number().positive()).length(3),
  }),
  views: viewRecipeSchema,
  blockSamples: positiveSchema.describe('samples in a view block'),
  groupShards: positiveSchema.describe('shards whose samples are shuffled together'),
  windowBlocks: positiveSchema.describe('view blocks asked for ahead'),
  optimiser: optimiserSchema,
  schedule: scheduleSchema,
  learningRate: z.strictObject({
    base: z.number().positive(),
    scaleByBatch: z.boolean().describe('multiply by batch / 256'),
  }),
  batch: positiveSchema,
  epochs: positiveSchema,
  seed: countSchema,
  precision: z.literal('float32'),
  engine: z.enum(['captured', 'eager']),
  checkpoint: checkpointOptionsSchema,
  earlyStopping: earlyStoppingSchema.nullable(),
  probe: probeOptionsSchema,
});
export type RunSpec = z.infer<typeof runSpecSchema>;

/** A recipe file: a spec without what only a run knows. `dataset` sizes fill in the image size where it says so. */
export const recipeSchema = runSpecSchema
  .omit({ format: true, version: true, recipe: true, dataset: true, image: true, views: true, blockSamples: true })
  .extend({
    title: z.string(),
    description: z.string(),
    image: z.strictObject({
      size: z.union([positiveSchema, z.literal('dataset')]).describe('"dataset": the side of its images'),
      mean: z.array(z.number()).length(3),
      std: z.array(z.number().positive()).length(3),
    }),
    views: z.unknown().describe('a view recipe in which the size "image" stands for image.size'),
    blockSamples: z.union([positiveSchema, z.literal('auto')]).describe('"auto": so many that a block has about 4 MiB'),
  });
export type Recipe = z.infer<typeof recipeSchema>;

/** What was decided once for the whole run, before its first step. A worker that can't honour it hands the run back. */
export const runResolvedSchema = z.strictObject({
  format: z.literal('unlabel.run-resolved'),
  version: z.literal(1),
  specHash: sha256Schema,
  viewsHash: sha256Schema,
  stepsPerEpoch: positiveSchema,
  totalSteps: positiveSchema,
  device: z.enum(['cpu', 'gpu']),
  intraOpThreads: positiveSchema,
  interOpThreads: positiveSchema,
  parameters: positiveSchema.describe('trainable parameters'),
});
export type RunResolved = z.infer<typeof runResolvedSchema>;

/** What a hash of views stands for. `dataset` only says where the index lies; it is left out of the hash. */
export const viewsSchema = z.strictObject({
  format: z.literal('unlabel.views'),
  version: z.literal(1),
  dataset: nameSchema,
  contentHash: sha256Schema,
  split: splitSchema,
  recipe: viewRecipeSchema,
  seed: countSchema,
  groupShards: positiveSchema,
  blockSamples: positiveSchema,
  revisions: z.strictObject({ transforms: z.string(), decoder: z.string() }),
});
export type Views = z.infer<typeof viewsSchema>;
