import { z } from 'zod';

const beta = z.number().min(0).lt(1);
const weightDecay = z.number().nonnegative().default(0).describe('not applied to biases and norms');

export const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    momentum: beta.default(0.9),
    nesterov: z.boolean().default(false),
    weightDecay,
  }),
  z.strictObject({
    name: z.literal('adam'),
    beta1: beta.default(0.9),
    beta2: beta.default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay,
  }),
  z.strictObject({
    name: z.literal('adamw'),
    beta1: beta.default(0.9),
    beta2: beta.default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay,
  }),
]);
export type OptimiserOptions = z.infer<typeof optimiserSchema>;

export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('warmup-cosine'),
    warmupEpochs: z.number().nonnegative().default(0),
    endFactor: z.number().min(0).max(1).default(0).describe('last learning rate as a part of the peak'),
  }),
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    milestonesEpochs: z.array(z.number().positive()).min(1),
    factor: z.number().positive().lt(1).default(0.1),
  }),
]);
export type ScheduleOptions = z.infer<typeof scheduleSchema>;
