import { z } from 'zod';

import { runSummarySchema } from './api.ts';
import { experimentFileSchema } from './experiment.ts';
import { nameSchema } from './names.ts';
import { runStateSchema } from './run.ts';

/** Register an experiment: a file's content, changes to it, a dataset. Asking again for the same joins what is there. */
export const experimentCallSchema = z.strictObject({
  name: nameSchema.max(48).describe('what its id begins with'),
  file: experimentFileSchema,
  changes: z
    .record(z.string(), z.string())
    .default({})
    .describe('changes to every run that has the key; they go before what the file says'),
  dataset: z.string(),
});
export type ExperimentCall = z.infer<typeof experimentCallSchema>;

export const experimentStartedSchema = z.strictObject({
  experiment: nameSchema,
  joined: z.boolean().describe('it was registered before'),
  runs: z.array(
    z.strictObject({
      run: nameSchema,
      label: z.string(),
      was: z.enum(['started', 'resumed', 'going on', 'finished']).describe('what was done about it'),
    }),
  ),
  notes: z.array(z.string()).describe('what was decided that the caller may not expect'),
});
export type ExperimentStarted = z.infer<typeof experimentStartedSchema>;

const about = { experiment: nameSchema, title: z.string(), dataset: nameSchema, createdAt: z.iso.datetime() };

export const experimentSummarySchema = z.strictObject({
  ...about,
  runs: z.array(z.strictObject({ run: nameSchema, label: z.string(), state: runStateSchema })),
});
export type ExperimentSummary = z.infer<typeof experimentSummarySchema>;

export const experimentDetailSchema = z.strictObject({
  ...about,
  description: z.string(),
  runs: z.array(
    z.strictObject({
      label: z.string(),
      summary: runSummarySchema,
      probesPending: z.array(z.string()).describe('what is still to be measured, in words'),
    }),
  ),
});
export type ExperimentDetail = z.infer<typeof experimentDetailSchema>;
