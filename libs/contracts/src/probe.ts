import { z } from 'zod';

import { probeKindSchema, probeSplitSchema, probeStageJobSchema } from './jobs.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema } from './names.ts';

const share = z.number().min(0).max(1);

/** Figures of embeddings that no label is needed for, of the encoder as it was trained. */
export const embeddingFiguresSchema = z.strictObject({
  samples: positiveSchema.describe('images of the measured split, chosen by draws'),
  rankMe: z.number().nonnegative().describe('effective rank, up to the smaller of samples and features'),
  std: z.number().nonnegative().describe('mean standard deviation of the normalised features; 0: collapsed'),
  spreadStd: z.number().positive().describe('what std is near for features spread evenly, 1/√D'),
  alignment: z.number().nonnegative().describe('mean squared distance of two views of one image; 0: equal'),
  uniformity: z.number().describe('log of the mean Gaussian potential of pairs; 0: collapsed, lower: spread'),
});
export type EmbeddingFigures = z.infer<typeof embeddingFiguresSchema>;

/** What a probe found, and what it was measured on. Accuracies are parts of 1. */
export const probeResultSchema = z.strictObject({
  format: z.literal('unlabel.probe'),
  version: z.literal(1),
  kind: probeKindSchema,
  encoder: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('checkpoint'), run: nameSchema, step: positiveSchema }),
    z.strictObject({ kind: z.literal('untrained'), run: nameSchema }),
    z.strictObject({ kind: z.literal('pixels') }),
  ]),
  measuredOn: z.strictObject({
    dataset: nameSchema,
    contentHash: sha256Schema,
    split: probeSplitSchema.default('eval'),
    trainSamples: positiveSchema.describe('samples of train that a classifier saw'),
    evalSamples: positiveSchema.describe('samples of the split that it was measured on'),
    featureSize: positiveSchema,
  }),
  options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  figures: embeddingFiguresSchema
    .nullable()
    .default(null)
    .describe('null for raw pixels, for an encoder that the probe itself trains, and for a split of one image'),
  top1: share,
  top5: share.nullable().describe('null with fewer than six classes'),
  perClass: z.array(
    z.strictObject({ name: z.string(), precision: share, recall: share, f1: share, support: countSchema }),
  ),
  macro: z.strictObject({ precision: share, recall: share, f1: share }),
  weighted: z.strictObject({ precision: share, recall: share, f1: share }),
  confusion: z.array(z.array(countSchema)).describe('rows: true class, columns: predicted'),
  report: z.string().describe("the table of scikit-learn's classification_report"),
  seconds: z.number().nonnegative(),
  codeVersion: z.string(),
  device: z.enum(['cpu', 'gpu']),
});
export type ProbeResult = z.infer<typeof probeResultSchema>;

/** From the probe worker to the process that measures or makes pictures. */
export const toMeasureSchema = z.strictObject({
  type: z.literal('measure'),
  job: probeStageJobSchema,
  storage: z.string(),
  codeVersion: z.string(),
});
export type ToMeasure = z.infer<typeof toMeasureSchema>;

/** From the process that measures to the probe worker. */
export const fromMeasureSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('progress'), phase: z.string(), done: z.number().min(0).max(1) }),
  z.strictObject({ type: z.literal('result'), key: z.string(), top1: share }),
  z.strictObject({ type: z.literal('made'), key: z.string().describe('of what names the pictures') }),
  z.strictObject({
    type: z.literal('failed'),
    message: z.string(),
    remedy: z.string().nullable(),
    bad: z.boolean().describe('the input is wrong and stays wrong'),
  }),
]);
export type FromMeasure = z.infer<typeof fromMeasureSchema>;
