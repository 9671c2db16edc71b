import { z } from 'zod';

const largestSide = 4096;
const probability = z.number().min(0).max(1).describe('share of the views it is applied to');
const side = z.int().positive().max(largestSide);
const square = side.describe('side of the square result, in pixels');
const interpolation = z
  .enum(['bilinear', 'bicubic'])
  .default('bilinear')
  .describe('bicubic results are clamped to 0..1');
const antialias = z.boolean().default(true).describe('widen the filter where the image shrinks');
const strength = z.number().nonnegative().describe('the factor is uniform on [max(0, 1 - strength), 1 + strength]');

const range = (number: z.ZodNumber) =>
  z.tuple([number, number]).refine(([low, high]) => low <= high, 'the first is at most the second');

/**
 * One operation of a view recipe, with the meaning that torchvision gives its parameters.
 * Random ones draw anew for every view; pixels are float32 in 0..1 from the first operation to the last.
 */
export const viewOperationSchema = z.discriminatedUnion('op', [
  z
    .strictObject({
      op: z.literal('random-resized-crop'),
      size: square,
      scale: range(z.number().positive().max(1)).default([0.08, 1]).describe('area of the crop as a part of the image'),
      ratio: range(z.number().positive())
        .default([3 / 4, 4 / 3])
        .describe('width / height of the crop'),
      interpolation,
      antialias,
    })
    .describe('a crop of random area and aspect ratio, resized'),
  z
    .strictObject({
      op: z.literal('crop-with-padding'),
      size: square,
      padding: z.int().nonnegative().max(largestSide).describe('pixels added on each side before the crop'),
      mode: z.enum(['zero', 'reflect']).default('zero').describe('reflect mirrors without repeating the edge pixel'),
    })
    .describe('a crop at a random place of the padded image'),
  z.strictObject({ op: z.literal('center-crop'), size: square }).describe('the middle of the image'),
  z
    .strictObject({
      op: z.literal('resize'),
      size: side.describe('the shorter side of the result, in pixels; the ratio stays, so a crop must follow'),
      interpolation,
      antialias,
    })
    .describe('the whole image, resized'),
  z.strictObject({ op: z.literal('horizontal-flip'), p: probability.default(0.5) }).describe('left and right swapped'),
  z.strictObject({ op: z.literal('vertical-flip'), p: probability.default(0.5) }).describe('top and bottom swapped'),
  z
    .strictObject({
      op: z.literal('color-jitter'),
      p: probability.default(0.8),
      brightness: strength,
      contrast: strength,
      saturation: strength,
      hue: z.number().min(0).max(0.5).describe('the shift is uniform on [-hue, hue], in turns'),
    })
    .describe('brightness, contrast, saturation and hue, in random order'),
  z.strictObject({ op: z.literal('grayscale'), p: probability.default(0.2) }).describe('three equal channels'),
  z
    .strictObject({
      op: z.literal('gaussian-blur'),
      p: probability.default(0.5),
      kernel: z
        .union([
          z
            .int()
            .positive()
            .refine((kernel) => kernel % 2 === 1, 'a kernel has an odd number of pixels'),
          z.literal('auto'),
        ])
        .default('auto')
        .describe('pixels; auto: the odd number next to a tenth of the shorter side, at least 3'),
      sigma: range(z.number().positive()).default([0.1, 2]).describe('standard deviation in pixels, drawn uniformly'),
    })
    .describe('a Gaussian filter'),
  z
    .strictObject({
      op: z.literal('solarize'),
      p: probability.default(0.2),
      threshold: z.number().min(0).max(1).default(0.5).describe('values from here on are inverted'),
    })
    .describe('bright values inverted'),
]);
export type ViewOperation = z.infer<typeof viewOperationSchema>;

/** Side of the square that a pipeline ends with, or undefined where its last operation on size is none that makes a square. */
function outputSize(operations: readonly ViewOperation[]): number | undefined {
  const last = operations.findLast((operation) => 'size' in operation);
  return last && 'size' in last && last.op !== 'resize' ? last.size : undefined;
}

/** Pipelines of views: `count` views of each image are made by each entry, in order. */
export const viewRecipeSchema = z.strictObject({
  version: z.literal(1),
  views: z
    .array(
      z.strictObject({
        count: z.int().positive().max(64).describe('views of each image made in this way'),
        operations: z
          .array(viewOperationSchema)
          .min(1)
          .refine(
            (operations) => outputSize(operations) !== undefined,
            'a view needs random-resized-crop, crop-with-padding or center-crop, after any resize: its size is not known otherwise',
          ),
      }),
    )
    .min(1),
});
export type ViewRecipe = z.infer<typeof viewRecipeSchema>;

/** Side in pixels of each view of an image, in the order of the views. */
export function viewSizes(recipe: ViewRecipe): number[] {
  return recipe.views.flatMap(({ count, operations }) =>
    new Array<number>(count).fill(outputSize(operations) as number),
  );
}
