import { z } from 'zod';

const beta = (value: number, what: string) => z.number().min(0).lt(1).default(value).describe(what);
const weightDecay = (how: string) => z.number().nonnegative().default(0).describe(`${how}; not of biases and norms`);
const adamOptions = {
  beta1: beta(0.9, 'decay of the mean of gradients'),
  beta2: beta(0.999, 'decay of the mean of squared gradients'),
  epsilon: z.number().positive().default(1e-8).describe('added to the root of the mean square'),
};

const momentumOptions = {
  momentum: beta(0.9, 'share of the last update that goes on'),
  nesterov: z.boolean().default(false).describe('look ahead by one momentum step'),
};

/** How gradients become updates: torch.optim's SGD, Adam and AdamW, and LARS and LAMB for large batches. */
export const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    ...momentumOptions,
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
  z.strictObject({
    name: z.literal('lars'),
    ...momentumOptions,
    trustCoefficient: z
      .number()
      .positive()
      .default(0.001)
      .describe("size of a weight's update over its own at learning rate 1 (eta); solo-learn's recipes: 0.02"),
    rule: z
      .enum(['lightly', 'timm', 'moco-v3'])
      .default('lightly')
      .describe('whose: lightly and solo-learn; timm; moco-v3: MoCo v3, MAE and Barlow Twins'),
    clip: z.boolean().default(false).describe("no update larger than SGD's (solo-learn's clip_lr, timm's trust_clip)"),
    biasLearningRateFactor: z
      .number()
      .nonnegative()
      .default(1)
      .describe("learning rate of biases and norms over that of weights; the Barlow Twins authors': 0.024"),
    weightDecay: weightDecay('part of a parameter added to its gradient before scaling'),
  }),
  z.strictObject({
    name: z.literal('lamb'),
    ...adamOptions,
    epsilon: adamOptions.epsilon.default(1e-6),
    clip: z.boolean().default(false).describe("no update larger than AdamW's (timm's trust_clip)"),
    weightDecay: weightDecay('part of a parameter added to its update before scaling'),
  }),
]);
export type OptimiserOptions = z.infer<typeof optimiserSchema>;

const per = z.enum(['step', 'epoch']).default('step').describe('how often the learning rate changes');
const endFactor = z.number().min(0).max(1).default(0).describe('last learning rate as a part of the peak');

/** How the learning rate goes over a run; epochs may be fractions. */
export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('warmup-cosine'),
    warmupEpochs: z.number().nonnegative().default(0).describe('linear rise to the peak'),
    endFactor,
    per,
  }),
  z.strictObject({ name: z.literal('cosine'), endFactor, per }),
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('step'),
    milestonesEpochs: z.array(z.number().positive()).min(1).describe('epochs at which the learning rate falls'),
    factor: z.number().positive().lt(1).default(0.1).describe('what it is multiplied by there'),
    per,
  }),
]);
export type ScheduleOptions = z.infer<typeof scheduleSchema>;
