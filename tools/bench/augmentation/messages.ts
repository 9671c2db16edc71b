import { z } from 'zod';

import { viewRecipeSchema } from '#lib/contracts';

import type { failedSchema } from '../measuring/line-child.ts';

/** What is timed: decoding with making views, or one of them alone. */
export const partSchema = z.enum(['all', 'decoding', 'views']);
export type Part = z.infer<typeof partSchema>;

/** What a process that makes views is asked, a line of JSON each; ours and `albumentations_views.py` answer alike. */
export const viewsQuestionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('prepare'),
    recipe: viewRecipeSchema,
    files: z.array(z.string()).min(1).describe('JPEG or PNG'),
    /** with it the pixels are in memory before anything is timed, and decoding is not timed */
    decoded: z.boolean(),
  }),
  z.strictObject({ type: z.literal('run'), part: partSchema, passes: z.int().positive().describe('over all images') }),
]);
export type ViewsQuestion = z.infer<typeof viewsQuestionSchema>;

export const viewsPreparedSchema = z.strictObject({
  type: z.literal('prepared'),
  images: z.int().positive(),
  shapes: z.array(z.array(z.int().positive())).describe('of the views of an image, [height, width, channels]'),
});

export const viewsRanSchema = z.strictObject({
  type: z.literal('ran'),
  seconds: z.array(z.number().positive()).describe('of the processor, in all threads, for an image; by pass'),
  rssBytes: z.array(z.number().positive()).describe('resident after each pass'),
});
export type ViewsRan = z.infer<typeof viewsRanSchema>;

export type ViewsAnswer = z.infer<typeof viewsPreparedSchema> | ViewsRan | z.infer<typeof failedSchema>;
