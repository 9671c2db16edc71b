import type { WeightNaming } from './naming.ts';

export const visionTransformers = ['vit-tiny', 'vit-small', 'vit-base', 'vit-report'];

/** timm's ViTs: `cls_token`, `pos_embed`, `blocks.0.attn.qkv.weight`. The classifier `head` is left out. */
export const timmNaming: WeightNaming = {
  format: 'timm',
  title: "timm's ViTs (blocks.0.attn.qkv.weight)",
  backbones: visionTransformers,
  recognises: (names) => names.some((name) => /^(patch_embed\.proj|blocks\.\d+)\./.test(name)),
  parameterOf: (name) => (name.startsWith('head.') ? null : name),
};
