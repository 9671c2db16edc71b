import { defineVit, timmDefaults } from './vit-options.ts';

/** timm's vit_tiny without its classifier (Dosovitskiy et al. 2020 and Touvron et al. 2020). */
export const vitTiny = defineVit({
  name: 'vit-tiny',
  title: 'ViT-Tiny: width 192, 12 blocks, 3 heads, 5.5 million parameters at patches of 16',
  width: 192,
  heads: 3,
  defaults: { ...timmDefaults, depth: 12 },
});
