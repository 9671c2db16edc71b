import { z } from 'zod';

import { positiveSchema } from './names.ts';

/**
 * How long a run trains where that is not said in epochs. Minutes count training alone, at the rate of a timed trial that
 * the worker makes before the first step: `resolved.json` holds the steps they come to, so no later attempt counts anew.
 */
export const runBudgetSchema = z.union([
  z.strictObject({ images: positiveSchema.describe('images seen; the last step that fits is the last') }),
  z.strictObject({ minutes: z.number().positive().describe('minutes of training') }),
]);
export type RunBudget = z.infer<typeof runBudgetSchema>;

/** What a timed trial found. */
export const trialSchema = z.strictObject({
  steps: positiveSchema.describe('steps timed, after those that warm up'),
  secondsPerStep: z.number().positive(),
});
export type Trial = z.infer<typeof trialSchema>;
