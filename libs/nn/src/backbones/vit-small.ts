import { defineVit, timmDefaults } from './vit-options.ts';

/** timm's vit_small without its classifier (Dosovitskiy et al. 2020 and Touvron et al. 2020). */
export const vitSmall = defineVit({
  name: 'vit-small',
  title: 'ViT-Small: width 384, 12 blocks, 6 heads, 22 million parameters at patches of 16',
  width: 384,
  heads: 6,
  defaults: { ...timmDefaults, depth: 12 },
});
