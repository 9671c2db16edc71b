import { z } from 'zod';

import { runBudgetSchema, trialSchema } from './budget.ts';
import { computationSchema } from './computation.ts';
import { probeKindSchema } from './jobs.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema, splitSchema } from './names.ts';
import { optimiserSchema, scheduleSchema } from './optimisation.ts';
import { earlyStoppingSchema, monitorsSchema } from './stopping.ts';
import { viewRecipeSchema } from './views.ts';
import { weightsSchema } from './weights.ts';

const options = z.record(z.string(), z.unknown());

const smallestCrop = z
  .number()
  .positive()
  .max(1)
  .default(0.2)
  .describe('training images are cropped at random, down to this part of their area, and flipped');

/** The SGD protocol: a linear classifier on a frozen encoder, its images augmented anew in every epoch. */
export const linearSgdOptionsSchema = z.strictObject({
  epochs: positiveSchema.default(10).describe('passes over train'),
  batch: positiveSchema.default(256).describe('images a step'),
  learningRate: z.number().positive().default(0.1).describe('the peak; falls to 0 by a cosine'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('share of the last update that goes on'),
  weightDecay: z.number().nonnegative().default(0).describe('part of a parameter added to its gradient'),
  batchNorm: z.boolean().default(true).describe('normalise features by batch norm without scale and shift first'),
  smallestCrop,
});
export type LinearSgdOptions = z.infer<typeof linearSgdOptionsSchema>;

/** Encoder and linear classifier trained end to end. */
export const fineTuneOptionsSchema = z.strictObject({
  epochs: positiveSchema.default(5).describe('passes over train'),
  batch: positiveSchema.default(256).describe('images a step'),
  learningRate: z.number().positive().default(0.001).describe('the peak; falls to 0 by a cosine'),
  warmupEpochs: z.number().nonnegative().default(0.5).describe('linear rise to the peak'),
  optimiser: optimiserSchema
    .prefault({ name: 'adamw', weightDecay: 0.05 })
    .describe('how gradients become updates: its name, and its options below'),
  smallestCrop,
});
export type FineTuneOptions = z.infer<typeof fineTuneOptionsSchema>;

/** Of which checkpoints pictures are made: those at fixed steps (at most eight, evenly spaced) and the last, the last alone, or none. */
export const picturesWantedSchema = z.enum(['every', 'last', 'none']);

export const probeOptionsSchema = z.strictObject({
  kinds: z.array(probeKindSchema).describe('what to measure when the run ends'),
  k: positiveSchema.describe('neighbours of k-NN'),
  temperature: z.number().positive().describe('temperature of the k-NN weights exp(cos / T)'),
  inverseRegularisation: z
    .union([z.number().positive(), z.literal('auto')])
    .describe('C of the logistic regression; larger is weaker; auto: the best on a fifth of train, held out by hash'),
  trainSamples: positiveSchema.nullable().describe('use the first so many samples of train; null: all'),
  linearSgd: linearSgdOptionsSchema.prefault({}).describe('of the kind linear-sgd'),
  fineTune: fineTuneOptionsSchema.prefault({}).describe('of the kinds fine-tune and few-labels'),
  everyEpochs: positiveSchema
    .nullable()
    .default(null)
    .describe('probe the checkpoint after each so many epochs on tune, while the run trains; null: only at its end'),
  waitEpochs: positiveSchema
    .default(1)
    .describe('early stopping decides on a probe so many epochs after its checkpoint, and waits for it there'),
  tuneKinds: z.array(probeKindSchema).default(['knn']).describe('what to measure on tune while the run trains'),
  tuneTrainSamples: positiveSchema
    .default(2000)
    .describe('those probes use the first so many samples of train, so that they hardly slow the training'),
  // Without a default: a spec from before there were pictures keeps its hash, which its checkpoints name.
  pictures: picturesWantedSchema.optional().describe('absent: none unless asked for'),
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
  method: z.strictObject({
    name: nameSchema.describe('./unlabel methods lists them'),
    options: options.describe('of the method, below'),
  }),
  backbone: z.strictObject({
    name: nameSchema.describe('./unlabel backbones lists them'),
    options: options.describe('of the backbone, below'),
    weights: weightsSchema.nullable().default(null).describe('pretrained weights to start from; null: random ones'),
  }),
  image: z.strictObject({
    size: positiveSchema.describe('side of a view in pixels'),
    mean: z.array(z.number()).length(3).describe('per channel, of pixels in 0..1'),
    std: z.array(z.number().positive()).length(3),
  }),
  views: viewRecipeSchema,
  blockSamples: positiveSchema.describe('samples in a view block'),
  groupShards: positiveSchema.describe('shards whose samples are shuffled together'),
  windowBlocks: positiveSchema.describe('view blocks asked for ahead'),
  optimiser: optimiserSchema.describe('how gradients become updates: its name, and its options below'),
  schedule: scheduleSchema.describe('how the learning rate goes over the run: its name, and its options below'),
  gradientClip: z
    .strictObject({ norm: z.number().positive().describe('largest joint norm of all gradients') })
    .nullable()
    .default(null)
    .describe('scale all gradients down to a joint norm before each update; null: never'),
  learningRate: z.strictObject({
    base: z.number().positive().describe('its peak, before it is scaled'),
    scaleByBatch: z.boolean().describe('multiply by batch / 256'),
  }),
  batch: positiveSchema.describe('images a step'),
  epochs: positiveSchema.describe('passes over train'),
  budget: runBudgetSchema.nullable().default(null).describe('how long to train instead of whole epochs; null: epochs'),
  seed: countSchema.describe('of weights, order, views and masks: the same seed gives the same run'),
  precision: z
    .enum(['float32', 'bfloat16', 'auto'])
    .describe('what products of layers are computed in; auto: what a short trial before the first step finds fastest'),
  engine: z
    .enum(['captured', 'eager'])
    .describe('captured: a step is one graph; eager: operation by operation, slower, for looking into'),
  checkpoint: checkpointOptionsSchema,
  monitors: monitorsSchema.nullable().default(null).describe('figures of the encoder read while it trains; null: none'),
  earlyStopping: earlyStoppingSchema.describe('rules that end the run before its last epoch; null: none'),
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
      mean: z.array(z.number()).length(3).describe('per channel, of pixels in 0..1'),
      std: z.array(z.number().positive()).length(3).describe('per channel, of pixels in 0..1'),
    }),
    views: z.unknown().describe('a view recipe in which the size "image" stands for image.size'),
    probe: probeOptionsSchema.extend({
      pictures: picturesWantedSchema
        .default('every')
        .describe('pictures of which checkpoints: every (at most eight before the last), last or none'),
    }),
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
  trial: trialSchema.nullable().default(null).describe('what a budget in minutes was turned into steps by'),
  device: z.enum(['cpu', 'gpu']),
  computation: computationSchema.default({
    precision: 'float32',
    xla: false,
    sideBySide: false,
    why: 'resolved before there was a choice',
    trials: [],
  }),
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
