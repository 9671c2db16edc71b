import { z } from 'zod';

import { countSchema, positiveSchema } from './names.ts';
import { stages } from './subjects.ts';

/** What a worker says of itself every few seconds, so that control knows who is there. */
export const workerPresenceSchema = z.strictObject({
  version: z.literal(1),
  type: z.literal('worker-presence'),
  stage: z.enum(stages),
  /** unique to the process */
  worker: z.string().max(64),
  host: z.string(),
  pid: positiveSchema,
  state: z.enum(['idle', 'busy', 'draining', 'stopped']),
  /** jobs in work, and how many it takes at once */
  jobs: countSchema,
  concurrency: positiveSchema,
  /** pretraining: the methods it serves; empty for other stages */
  methods: z.array(z.string()),
  memory: z
    .strictObject({ device: z.enum(['cpu', 'gpu']), bytes: positiveSchema })
    .nullable()
    .describe('pretraining: what the device that it trains on has; null for other stages, or where it is not known'),
  startedAt: z.iso.datetime(),
  at: z.iso.datetime(),
});
export type WorkerPresence = z.infer<typeof workerPresenceSchema>;

/** Where a worker's presence is published, and the filter that takes everyone's. */
export const presenceSubject = (stage: string, worker: string): string => `unlabel.events.workers.${stage}.${worker}`;
export const presenceFilter = 'unlabel.events.workers.>';

/** A worker not heard of for so long is taken to be gone. */
export const presenceExpiresMs = 15_000;
