import { z } from 'zod';

import { type ComputePrecision, computePrecisionSchema, optimiserSchema } from '#lib/contracts';

import { ranSchema } from '../training/messages.ts';

export { ranSchema };

/** A way in which PyTorch runs a step. */
export const torchVariantSchema = z.strictObject({
  compile: z.boolean().describe('torch.compile, with inductor and the C++ compiler of the machine'),
  precision: computePrecisionSchema.describe('bfloat16: autocast'),
  attention: z
    .enum(['fused', 'written'])
    .nullable()
    .describe('scaled_dot_product_attention, or products and softmax; null: the model has none'),
});
export type TorchVariant = z.infer<typeof torchVariantSchema>;

/** What `step.py` is asked, a line of JSON each. */
export const torchQuestionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('prepare'),
    threads: z.int().positive(),
    seed: z.int().nonnegative(),
    method: z.string(),
    options: z.record(z.string(), z.unknown()),
    backbone: z.strictObject({
      name: z.string(),
      options: z.record(z.string(), z.unknown()),
      vit: z.record(z.string(), z.unknown()).nullable().describe('sizes of a vision transformer'),
    }),
    mean: z.array(z.number()),
    std: z.array(z.number()),
    views: z.int().positive(),
    optimiser: optimiserSchema,
    learningRate: z.number().positive(),
    comparedSteps: z.int().positive(),
    /** as `training/our-step.ts` writes it */
    file: z.string(),
  }),
  z.strictObject({ type: z.literal('run'), variant: torchVariantSchema, steps: z.int().positive() }),
]);
export type TorchQuestion = z.infer<typeof torchQuestionSchema>;

export const torchPreparedSchema = z.strictObject({
  type: z.literal('prepared'),
  parameters: z.int().positive().describe('trainable numbers'),
  losses: z.array(z.number()).describe('of the first steps, from the state and with the draws of the file'),
});

/** A variant in words, as tables name it. */
export const variantInWords = ({ compile, precision, attention }: TorchVariant): string =>
  [precision, compile ? 'torch.compile' : 'eager', ...(attention ? [`${attention} attention`] : [])].join(', ');

/**
 * PyTorch's options on this machine: eager and compiled, in each precision, and for a model with attention its fused kernel
 * or not: on processors, the gradient of that kernel is slow where sequences are short.
 */
export function torchVariants(precisions: readonly ComputePrecision[], hasAttention: boolean): TorchVariant[] {
  const attentions = hasAttention ? (['fused', 'written'] as const) : [null];
  return precisions.flatMap((precision) =>
    [false, true].flatMap((compile) => attentions.map((attention) => ({ compile, precision, attention }))),
  );
}
