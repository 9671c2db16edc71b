import { defineVit, timmDefaults } from './vit-options.ts';

/** timm's vit_base without its classifier (Dosovitskiy et al. 2020 and Touvron et al. 2020). */
export const vitBase = defineVit({
  name: 'vit-base',
  title: 'ViT-Base: width 768, 12 blocks, 12 heads, 86 million parameters at patches of 16',
  width: 768,
  heads: 12,
  defaults: { ...timmDefaults, depth: 12 },
});
