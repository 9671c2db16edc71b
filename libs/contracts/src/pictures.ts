import { z } from 'zod';

import { picturesKindSchema } from './jobs.ts';
import { countSchema, nameSchema, positiveSchema, sha256Schema, splitSchema } from './names.ts';

const version = z.literal(1);
const label = z.int().min(-1).describe('index of its class; -1: none');
const numbers = z.array(countSchema).describe('numbers within the split');

/** A PNG that holds squares of one size, in rows and columns without gaps. */
export const sheetSchema = z.strictObject({
  file: z.string(),
  sha256: sha256Schema,
  rows: positiveSchema,
  columns: positiveSchema,
  side: positiveSchema.describe('of a square, in pixels'),
});
export type Sheet = z.infer<typeof sheetSchema>;

const rowSchema = z.strictObject({ sample: countSchema.describe('its number within the split'), class: label });

/** Views of the same images side by side: a row an image, first the image itself. They are those that the run trains on. */
export const viewsPictureSchema = z.strictObject({
  format: z.literal('unlabel.views-picture'),
  version,
  split: splitSchema,
  sheet: sheetSchema,
  rows: z.array(rowSchema),
  columns: z
    .array(z.strictObject({ epoch: countSchema, view: countSchema }))
    .describe('of the sheet, after that of the images themselves'),
});
export type ViewsPicture = z.infer<typeof viewsPictureSchema>;

export const reconstructionColumns = ['original', 'masked', 'reconstructed', 'predicted'] as const;

/** What a masked autoencoder sees of images and makes of them. Images and masks are the same at every step. */
export const reconstructionsPictureSchema = z.strictObject({
  format: z.literal('unlabel.reconstructions-picture'),
  version,
  step: countSchema,
  split: splitSchema,
  sheet: sheetSchema.describe(
    'columns: the image, what is left of it, that with the removed patches predicted, all patches predicted',
  ),
  rows: z.array(rowSchema.extend({ removed: z.array(countSchema).describe('patches, in row-major order') })),
  patchSize: positiveSchema.describe('side of a patch, in pixels'),
  isNormalised: z
    .boolean()
    .describe('patches are predicted normalised, and shown with the mean and the deviation of the true ones'),
  loss: z.number().describe('mean squared error of the removed patches, as the run trains on it'),
});
export type ReconstructionsPicture = z.infer<typeof reconstructionsPictureSchema>;

/** The nearest images of train to images of another split, by the cosine of their features. Row n of each list is query n. */
export const neighboursPictureSchema = z.strictObject({
  format: z.literal('unlabel.neighbours-picture'),
  version,
  step: countSchema,
  split: splitSchema.describe('that the queries are of'),
  bankSamples: positiveSchema.describe('images of train that were searched, the first ones'),
  queries: numbers,
  classes: z.array(label),
  neighbours: z.array(numbers).describe('of train, nearest first'),
  neighbourClasses: z.array(z.array(label)),
  cosines: z.array(z.array(z.number())),
  sameClass: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('part of the neighbours that are of the class of their query; null: without classes'),
});
export type NeighboursPicture = z.infer<typeof neighboursPictureSchema>;

const pointsSchema = z.strictObject({ x: z.array(z.number()), y: z.array(z.number()) });

/** Embeddings of images in two dimensions; entry n of each list is image n. */
export const projectionPictureSchema = z.strictObject({
  format: z.literal('unlabel.projection-picture'),
  version,
  step: countSchema,
  split: splitSchema,
  samples: numbers,
  classes: z.array(label),
  pca: pointsSchema.extend({ explained: z.tuple([z.number(), z.number()]).describe('parts of the variance') }),
  umap: pointsSchema.extend({ neighbours: positiveSchema, minDist: z.number(), epochs: positiveSchema }),
});
export type ProjectionPicture = z.infer<typeof projectionPictureSchema>;

export const pictureNames = ['views', 'reconstructions', 'neighbours', 'projection'] as const;
export type PictureName = (typeof pictureNames)[number];
const pictureNameSchema = z.enum(pictureNames);

/** What a job for pictures made: written last, it names the rest. */
export const picturesMadeSchema = z.strictObject({
  format: z.literal('unlabel.pictures'),
  version,
  kind: picturesKindSchema,
  step: countSchema,
  contentHash: sha256Schema,
  made: z.array(z.strictObject({ picture: pictureNameSchema, file: z.string(), sha256: sha256Schema })),
  leftOut: z.array(z.strictObject({ picture: pictureNameSchema, reason: z.string() })),
});
export type PicturesMade = z.infer<typeof picturesMadeSchema>;

/** Which pictures a run has, and which are still to come. */
export const runPicturesSchema = z.strictObject({
  run: nameSchema,
  dataset: nameSchema,
  contentHash: sha256Schema,
  classes: z.array(z.string()),
  steps: z.array(
    z.strictObject({
      step: countSchema,
      kind: picturesKindSchema,
      state: z.enum(['made', 'waiting', 'failed']),
      pictures: z.array(z.strictObject({ picture: pictureNameSchema, sha256: sha256Schema })),
      leftOut: z.array(z.strictObject({ picture: pictureNameSchema, reason: z.string() })),
      reason: z.string().nullable().describe('why they failed'),
      remedy: z.string().nullable(),
    }),
  ),
});
export type RunPictures = z.infer<typeof runPicturesSchema>;

/** Make pictures of a checkpoint now, whether the spec asks for them or not. */
export const picturesCallSchema = z.strictObject({
  checkpoint: z
    .union([z.enum(['last', 'best']), countSchema])
    .default('last')
    .describe('a step; 0: before the first'),
});
export type PicturesCall = z.infer<typeof picturesCallSchema>;
export const picturesAskedSchema = z.strictObject({
  asked: z.array(z.strictObject({ step: countSchema, kind: picturesKindSchema })),
});
