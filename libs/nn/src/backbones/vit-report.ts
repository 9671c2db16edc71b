import { defineVit } from './vit-options.ts';

/**
 * The encoder of Keras's masked-autoencoder example for CIFAR-10 (images of 48 pixels, patches of 6): no class token, learned
 * positions, MLPs of twice the width, features by averaging. https://keras.io/examples/vision/masked_image_modeling
 */
export const vitReport = defineVit({
  name: 'vit-report',
  title: 'Small ViT for masked autoencoding: width 128, 6 blocks, 4 heads, 0.8 million parameters at patches of 6',
  width: 128,
  heads: 4,
  defaults: {
    patchSize: 6,
    depth: 6,
    mlpRatio: 2,
    classToken: false,
    pool: 'norm-avg',
    positions: 'learned',
    init: 'xavier',
  },
});
