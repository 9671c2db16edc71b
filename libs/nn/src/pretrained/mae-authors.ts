import type { WeightNaming } from './naming.ts';
import { timmNaming, visionTransformers } from './timm.ts';

const prefix = /^model\./;
const decoder = /^(mask_token$|decoder_)/;

/**
 * The MAE authors' files (github.com/facebookresearch/mae): timm's names, with `model.` before them where the whole checkpoint
 * was flattened, beside a decoder and `mask_token`, which are left out. Their files of the encoder alone are timm's kind.
 */
export const maeAuthorsNaming: WeightNaming = {
  format: 'mae-authors',
  title: "the MAE authors' ViTs (model.blocks.0.attn.qkv.weight, decoder_embed.weight)",
  backbones: visionTransformers,
  recognises(names) {
    const bare = names.map((name) => name.replace(prefix, ''));
    return timmNaming.recognises(bare) && names.some((name, i) => prefix.test(name) || decoder.test(bare[i] as string));
  },
  parameterOf(name) {
    const bare = name.replace(prefix, '');
    return decoder.test(bare) ? null : timmNaming.parameterOf(bare);
  },
};
