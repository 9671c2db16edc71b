import { z } from 'zod';

import { trialSchema } from './budget.ts';
import { computationWaySchema } from './computation.ts';
import { countSchema, nameSchema, positiveSchema } from './names.ts';
import {
  checkpointEntrySchema,
  cursorSchema,
  metricsEntrySchema,
  stepMetricsSchema,
  tuneReadingSchema,
} from './run.ts';
import { runResolvedSchema, runSpecSchema } from './spec.ts';

/** From the worker, which owns the run, to the child process that trains. */
export const toTrainerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start'),
    run: nameSchema,
    attempt: positiveSchema,
    storage: z.string().describe('address of the object store'),
    spec: runSpecSchema,
    resolved: runResolvedSchema,
    resume: checkpointEntrySchema.nullable(),
    trainSeconds: z.number().nonnegative(),
    waitSeconds: z.number().nonnegative(),
  }),
  z.strictObject({ type: z.literal('trial'), spec: runSpecSchema, way: computationWaySchema }),
  z.strictObject({ type: z.literal('block-ready'), epoch: countSchema, block: countSchema }),
  z.strictObject({ type: z.literal('committed'), step: countSchema }),
  z.strictObject({ type: z.literal('tune-probe'), reading: tuneReadingSchema }),
  z.strictObject({
    type: z.literal('tune-probe-failed'),
    step: countSchema,
    key: z.string().describe('of the result that does not come'),
    reason: z.string(),
  }),
  z.strictObject({ type: z.literal('stop') }),
]);
export type ToTrainer = z.infer<typeof toTrainerSchema>;

/** From the training child to the worker. */
export const fromTrainerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('alive'), doing: z.string() }),
  z.strictObject({ type: z.literal('trial'), trial: trialSchema }),
  z.strictObject({ type: z.literal('cursor'), cursor: cursorSchema }),
  z.strictObject({ type: z.literal('step'), metrics: stepMetricsSchema }),
  z.strictObject({ type: z.literal('tune-probe-wanted'), step: countSchema }),
  z.strictObject({
    type: z.literal('checkpoint'),
    entry: checkpointEntrySchema,
    metrics: metricsEntrySchema.nullable(),
    trainSeconds: z.number().nonnegative(),
    waitSeconds: z.number().nonnegative(),
  }),
  z.strictObject({
    type: z.literal('ended'),
    how: z.enum(['epochs', 'early-stopping', 'stopped']),
    step: countSchema,
    reason: z.string().nullable().describe('why early stopping ended it'),
  }),
  z.strictObject({
    type: z.literal('blocked'),
    block: z.string().describe('key of the object that could not be made'),
    reason: z.string(),
  }),
  z.strictObject({
    type: z.literal('declined'),
    reason: z.string().describe('why this machine cannot honour what was resolved'),
  }),
  z.strictObject({ type: z.literal('failed'), message: z.string(), remedy: z.string().nullable() }),
  z.strictObject({
    type: z.literal('crashed'),
    message: z.string().describe('what nobody foresaw: another attempt may come further'),
  }),
]);
export type FromTrainer = z.infer<typeof fromTrainerSchema>;
