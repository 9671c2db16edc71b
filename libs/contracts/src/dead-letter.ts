import { z } from 'zod';

import { countSchema } from './names.ts';

/** A job that was given up: bad input, or one that crashed its workers. It stays until it is retried or dropped. */
export const deadLetterSchema = z.strictObject({
  version: z.literal(1),
  /** the job's own subject, and its message as it arrived: it may be no JSON */
  subject: z.string(),
  payload: z.string(),
  reason: z.string(),
  /** what to do about it, where the error knew */
  remedy: z.string().nullable(),
  deliveries: countSchema,
  strikes: countSchema,
  /** the object that the job should have made, and the mark beside it; null where the message doesn't tell */
  resultKey: z.string().nullable(),
  failedMark: z.string().nullable(),
  at: z.iso.datetime(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** Names a dead letter: by the job's own subject, as the list shows it. */
export const deadLetterCallSchema = z.strictObject({ subject: z.string().min(1) });
export type DeadLetterCall = z.infer<typeof deadLetterCallSchema>;

/** What became of a dead letter that was retried or dropped. */
export const deadLetterEndSchema = z.strictObject({
  letter: deadLetterSchema,
  /** runs that were blocked by what the job makes and go on */
  resumed: z.array(z.string()),
});
export type DeadLetterEnd = z.infer<typeof deadLetterEndSchema>;
