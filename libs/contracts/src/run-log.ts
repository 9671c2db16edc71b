import { z } from 'zod';

import { nameSchema } from './names.ts';

/** One thing that happened to a run, in words. */
export const runLogEntrySchema = z.strictObject({
  at: z.iso.datetime(),
  level: z.enum(['info', 'warn', 'error']),
  text: z.string(),
});
export type RunLogEntry = z.infer<typeof runLogEntrySchema>;

export const runLogSchema = z.strictObject({
  run: nameSchema,
  entries: z.array(runLogEntrySchema).describe('oldest first'),
});
export type RunLog = z.infer<typeof runLogSchema>;
