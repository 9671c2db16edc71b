import { z } from 'zod';

const beta = (value: number, what: string) => z.number().min(0).lt(1).default(value).describe(what);
const weightDecay = (how: string) => z.number().nonnegative().default(0).describe(`${how}; not of biases and norms`);
const adamOptions = {
  beta1: beta(0.9, 'decay of the mean of gradients'),
  beta2: beta(0.999, 'decay of the mean of squared gradients'),
  epsilon: z.number().positive().default(1e-8).describe('added to the root of the mean square'),
};

/** How gradients become updates: torch.optim's SGD, Adam and AdamW. */
export const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    momentum: beta(0.9, 'share of the last update that goes on'),
    nesterov: z.boolean().default(false).describe('look ahead by one momentum step'),
    weightDecay: weightDecay('part of a parameter added to its gradient'),
  }),
  z.strictObject({
    name: z.literal('adam'),
    ...adamOptions,
    weightDecay: weightDecay('part of a parameter added to its gradient'),
  }),
  z.strictObject({
    name: z.literal('adamw'),
    ...adamOptions,
    weightDecay: weightDecay('part of a parameter taken off at each step, times the learning rate'),
  }),
]);
export type OptimiserOptions = z.infer<typeof optimiserSchema>;

/** How the learning rate goes over a run; epochs may be fractions. */
export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('warmup-cosine'),
    warmupEpochs: z.number().nonnegative().default(0).describe('linear rise to the peak'),
    endFactor: z.number().min(0).max(1).default(0).describe('last learning rate as a part of the peak'),
  }),
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    milestonesEpochs: z.array(z.number().positive()).min(1).describe('epochs at which the learning rate falls'),
    factor: z.number().positive().lt(1).default(0.1).describe('what it is multiplied by there'),
  }),
]);
export type ScheduleOptions = z.infer<typeof scheduleSchema>;
