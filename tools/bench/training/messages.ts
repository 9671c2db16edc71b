import { z } from 'zod';

import { computationWaySchema, runSpecSchema } from '#lib/contracts';

import type { failedSchema } from '../measuring/line-child.ts';

/** What a process that computes training steps is asked, a line of JSON each. */
export const stepQuestionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('prepare'),
    spec: runSpecSchema,
    way: computationWaySchema,
    learningRate: z.number().positive(),
    /** a safetensors file to write: the batch, the first state and the draws of the first steps; null: none */
    file: z.string().nullable(),
  }),
  z.strictObject({ type: z.literal('run'), steps: z.int().positive() }),
]);
export type StepQuestion = z.infer<typeof stepQuestionSchema>;

export const preparedSchema = z.strictObject({
  type: z.literal('prepared'),
  parameters: z.int().positive().describe('trainable numbers'),
});

export const ranSchema = z.strictObject({
  type: z.literal('ran'),
  seconds: z.array(z.number().positive()).describe('of each step'),
  losses: z.array(z.number()).describe('of each step, before its update'),
});
export type Ran = z.infer<typeof ranSchema>;

export type StepAnswer = z.infer<typeof preparedSchema> | Ran | z.infer<typeof failedSchema>;

/** Steps whose losses are compared between two implementations: before any update, after one, after two. */
export const comparedSteps = 3;

/** Where the file of `prepare` keeps what is not a parameter under its own name. */
export const fileNames = {
  view: (view: number) => `view${view}`,
  /** an input that the method draws, of a step from 0 */
  drawn: (step: number, input: string) => `drawn${step}/${input}`,
  parameter: (name: string) => `parameter/${name}`,
};
