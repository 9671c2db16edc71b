import { z } from 'zod';

import { runBudgetSchema } from './budget.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema } from './names.ts';
import { reportedSchema } from './reported.ts';
import { runSpecSchema } from './spec.ts';

const changes = z.record(z.string(), z.unknown()).describe('changes to recipes as dotted keys');
const seeds = z.array(countSchema).min(1).describe('every run once with each; they are shown as mean ± spread');

/** A file that says which runs are compared on one dataset, split, seed and budget. */
export const experimentFileSchema = z.strictObject({
  kind: z.literal('experiment'),
  version: z.literal(1),
  title: z.string().describe('heading of the table'),
  description: z.string().default('').describe('what it is for'),
  datasets: z.array(nameSchema).default([]).describe('names in order of preference: the first that can be had is used'),
  seeds: seeds.optional(),
  budget: z
    .union([z.strictObject({ epochs: positiveSchema.describe('passes over train') }), ...runBudgetSchema.options])
    .optional()
    .describe('of every run; absent: as its recipe says'),
  set: changes.default({}).describe('changes to every run whose recipe has the key'),
  runs: z
    .array(
      z.strictObject({
        recipe: z.string().describe('./unlabel recipes lists them'),
        label: z.string().min(1).optional().describe('its name in the table; absent: the recipe'),
        set: changes.default({}).describe('changes to this run'),
        seeds: seeds.optional(),
        reported: reportedSchema.optional().describe('figures that others published, shown beside'),
      }),
    )
    .min(1, 'an experiment compares at least one run')
    .describe('what is compared'),
});
export type ExperimentFile = z.infer<typeof experimentFileSchema>;

/** A registered experiment: which runs it is made of, with their whole specs. Written once. */
export const experimentSchema = z.strictObject({
  format: z.literal('unlabel.experiment'),
  version: z.literal(1),
  experiment: nameSchema,
  title: z.string(),
  description: z.string(),
  dataset: z.strictObject({ name: nameSchema, contentHash: sha256Schema }),
  runs: z
    .array(
      z.strictObject({ run: nameSchema, label: z.string(), reported: reportedSchema.nullable(), spec: runSpecSchema }),
    )
    .min(1),
  createdAt: z.iso.datetime(),
});
export type Experiment = z.infer<typeof experimentSchema>;
