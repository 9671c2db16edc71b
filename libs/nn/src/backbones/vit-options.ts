import { z } from 'zod';

import { type BackboneEntry, defineBackbone } from './define.ts';
import { vit, type VitOptions } from './vit.ts';

type Defaults = Omit<VitOptions, 'width' | 'heads'>;

/** timm's defaults: patches of 16, class token, learned positions. */
export const timmDefaults: Omit<Defaults, 'depth'> = {
  patchSize: 16,
  mlpRatio: 4,
  classToken: true,
  pool: 'token',
  positions: 'learned',
  init: 'timm',
};

/** Options that a recipe may set, with this size's defaults; width and heads make the size what it is. */
export function vitOptionsSchema(defaults: Defaults) {
  return z.strictObject({
    patchSize: z.int().min(1).default(defaults.patchSize).describe('side of a patch in pixels; must divide the image'),
    depth: z.int().min(1).default(defaults.depth).describe('transformer blocks'),
    mlpRatio: z.number().positive().default(defaults.mlpRatio).describe('hidden size of the MLP over the width'),
    classToken: z.boolean().default(defaults.classToken).describe('a learned token in front of the patches'),
    pool: z
      .enum(['token', 'avg', 'norm-avg'])
      .default(defaults.pool)
      .describe('features: the class token; the mean of the patches, then norm; norm, then the mean of the patches'),
    positions: z.enum(['learned', 'sincos']).default(defaults.positions).describe('position codes, learned or fixed'),
    init: z.enum(['timm', 'xavier']).default(defaults.init).describe("first values: timm's, or MAE's Xavier uniform"),
  });
}

export interface VitSize {
  name: string;
  title: string;
  width: number;
  heads: number;
  defaults: Defaults;
}

/** A registry entry for one size of vision transformer. */
export function defineVit({ name, title, width, heads, defaults }: VitSize): BackboneEntry {
  return defineBackbone({
    name,
    title,
    options: vitOptionsSchema(defaults),
    build: (options, input) => vit(name, { ...options, width, heads }, input),
  });
}
