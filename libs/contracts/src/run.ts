import { z } from 'zod';

import { probeKindSchema } from './jobs.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema } from './names.ts';

/** `removed`: a tombstone, which keeps what still works on the run from going on. */
export const runStateSchema = z.enum(['queued', 'running', 'blocked', 'stopped', 'finished', 'failed', 'removed']);
export type RunState = z.infer<typeof runStateSchema>;
/** States in which nothing is left to train. */
export const overStates: ReadonlySet<RunState> = new Set(['finished', 'failed', 'removed']);

export const cursorSchema = z.strictObject({
  epoch: countSchema,
  batch: countSchema.describe('batches of this epoch already trained on'),
});
export type Cursor = z.infer<typeof cursorSchema>;

/** A checkpoint counts from the head that names it. `fixed` ones are probed, `time` ones only resumed from. */
export const checkpointEntrySchema = z.strictObject({
  step: countSchema,
  cursor: cursorSchema,
  kind: z.enum(['fixed', 'time', 'final']),
  folder: z.string(),
  sizeBytes: countSchema,
});
export type CheckpointEntry = z.infer<typeof checkpointEntrySchema>;

export const metricsEntrySchema = z.strictObject({ from: positiveSchema, to: positiveSchema, key: z.string() });

/** The checkpoint with the largest top-1 of a probe on `tune`, of equal ones the earlier. Kept from pruning. */
export const bestSchema = z.strictObject({ step: countSchema, metric: probeKindSchema, value: z.number() });
export type BestCheckpoint = z.infer<typeof bestSchema>;

/** The run's only mutable object: claim, fence and commit in one. What it doesn't name doesn't exist. */
export const runHeadSchema = z.strictObject({
  format: z.literal('unlabel.run-head'),
  version: z.literal(1),
  run: nameSchema,
  attempt: countSchema.describe('ownerships so far; 0: nobody has claimed it'),
  nonce: z.string().describe('of the owner'),
  attemptsSinceAdvance: countSchema.describe('strikes: ownerships since a checkpoint was last committed'),
  wanted: z.enum(['run', 'stop']),
  state: runStateSchema,
  reason: z.string().nullable(),
  remedy: z.string().nullable(),
  blockedBy: z.string().nullable().default(null).describe('key of the object that could not be made'),
  checkpoints: z.array(checkpointEntrySchema).describe('by step'),
  metrics: z.array(metricsEntrySchema).describe('by step, without gaps'),
  best: bestSchema.nullable().default(null).describe('null until a checkpoint was probed on tune'),
  trainSeconds: z.number().nonnegative().describe('time spent training, over all attempts up to the last checkpoint'),
  waitSeconds: z.number().nonnegative().describe('part of it spent waiting for view blocks'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type RunHead = z.infer<typeof runHeadSchema>;

/** The head of a run that nobody has claimed. @param at when it was made, as in `toISOString` */
export const newRunHead = (run: string, at: string): RunHead => ({
  format: 'unlabel.run-head',
  version: 1,
  run,
  attempt: 0,
  nonce: 'control',
  attemptsSinceAdvance: 0,
  wanted: 'run',
  state: 'queued',
  reason: null,
  remedy: null,
  blockedBy: null,
  checkpoints: [],
  metrics: [],
  best: null,
  trainSeconds: 0,
  waitSeconds: 0,
  createdAt: at,
  updatedAt: at,
});

/** What early stopping remembers. `rules` follows the spec's rules, one entry each. */
export const stopperStateSchema = z.strictObject({
  epochLossSum: z.number(),
  epochLossCount: countSchema,
  rules: z.array(
    z.strictObject({
      best: z.number().nullable(),
      without: countSchema.describe('epochs, readings or probes in a row without improvement, or collapsed'),
    }),
  ),
  reason: z.string().nullable().describe('why a rule ended the run'),
});
export type StopperState = z.infer<typeof stopperStateSchema>;

/** All that a run needs to go on, in one object; it holds no time, host or attempt, so equal states give equal bytes. */
export const checkpointManifestSchema = z.strictObject({
  format: z.literal('unlabel.checkpoint'),
  version: z.literal(1),
  specHash: sha256Schema,
  step: countSchema,
  cursor: cursorSchema,
  seed: countSchema,
  stopper: stopperStateSchema,
  ended: z.enum(['epochs', 'early-stopping']).nullable().describe('why training is over, or null'),
  files: z.array(z.strictObject({ name: z.string(), sha256: sha256Schema, sizeBytes: positiveSchema })),
});
export type CheckpointManifest = z.infer<typeof checkpointManifestSchema>;

const share = z.number().min(0).max(1);

/** What the monitors read at a step. */
export const monitorReadingSchema = z.strictObject({
  embeddingStd: z.number().describe('mean standard deviation of the normalised embeddings; 1/√D when spread evenly'),
  embeddingSize: positiveSchema.describe('D'),
  rankMe: z.number().describe('effective rank of the embeddings'),
  onlineKnn: share.optional().describe('top-1 of k-NN, bank of train, queries of tune'),
  monitorSeconds: z.number().describe('time that reading took'),
});
export type MonitorReading = z.infer<typeof monitorReadingSchema>;

/** Results on `tune` of the checkpoint at a step. */
export const tuneReadingSchema = z.strictObject({
  step: countSchema,
  knn: share.optional(),
  linear: share.optional(),
});
export type TuneReading = z.infer<typeof tuneReadingSchema>;

/** What a training process took of its machine, read once in a while. */
export const resourceReadingSchema = z.strictObject({
  cpuShare: z.number().nonnegative().describe('of one core: 2 is two cores in full use'),
  memoryBytes: countSchema.describe('resident'),
  gpuShare: z.number().min(0).max(1).optional(),
  gpuMemoryBytes: countSchema.optional(),
});
export type ResourceReading = z.infer<typeof resourceReadingSchema>;

/** One line of a metrics segment and of the live stream. */
export const stepMetricsSchema = z.strictObject({
  step: positiveSchema,
  epoch: countSchema,
  loss: z.number(),
  terms: z.record(z.string(), z.number()),
  learningRate: z.number(),
  gradientNorm: z.number(),
  imagesPerSecond: z.number(),
  waitSeconds: z.number().describe('time this step waited for its batch'),
  monitors: monitorReadingSchema.optional(),
  tuneProbe: tuneReadingSchema.optional().describe('the probe that early stopping decided on at this step'),
  resources: resourceReadingSchema.optional(),
  at: z.number().describe('milliseconds since 1970'),
});
export type StepMetrics = z.infer<typeof stepMetricsSchema>;

/** Part of the time of some steps that they waited for their batches. @param batch images a step */
export function waitShareOf(
  steps: readonly Pick<StepMetrics, 'waitSeconds' | 'imagesPerSecond'>[],
  batch: number,
): number {
  const waited = steps.reduce((sum, { waitSeconds }) => sum + waitSeconds, 0);
  const took = steps.reduce((sum, { imagesPerSecond }) => sum + batch / imagesPerSecond, 0);
  return Math.min(1, waited / took);
}
