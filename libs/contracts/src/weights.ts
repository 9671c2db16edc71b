import { z } from 'zod';

import { countSchema, sha256Schema } from './names.ts';

/** Whose names a file of pretrained weights uses. */
export const weightsFormatSchema = z.enum(['torchvision', 'timm', 'mae-authors']);
export type WeightsFormat = z.infer<typeof weightsFormatSchema>;

/** Pretrained weights that an encoder starts from: the object `keys.weights(sha256)`. */
export const weightsSchema = z.strictObject({
  sha256: sha256Schema.describe('of the file, as it was sent'),
  format: weightsFormatSchema.describe('whose names its tensors have'),
});
export type Weights = z.infer<typeof weightsSchema>;

/** What control answers to a file of weights; `weights` is what a spec's `backbone.weights` may now be. */
export const weightsStoredSchema = z.strictObject({ weights: weightsSchema, sizeBytes: countSchema });
export type WeightsStored = z.infer<typeof weightsStoredSchema>;

/** A larger file is no encoder that could be trained here: ViT-Base has 0.35 GB. */
export const maxWeightsBytes = 2 * 1024 ** 3 - 1;
