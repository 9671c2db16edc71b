import {
  add,
  div,
  greater,
  logicalAnd,
  minimum,
  mul,
  norm,
  onesLike,
  sub,
  type Tensor,
  tidy,
  where,
} from '@tensorflow/tfjs-core';

import { adamDirection, type AdamOptions, biasCorrections } from './adam.ts';
import { type Optimiser } from './optimiser.ts';

export interface LambOptions extends AdamOptions {
  /** No update larger than Adam's: trust ← min(trust, 1) (timm's trust_clip). */
  clip: boolean;
}

/**
 * LAMB: AdamW's update, scaled in each tensor to the size of the tensor. Biases, norms and tokens are not scaled and
 * don't decay: they take Adam's update.
 *
 *     u = m̂ / (√v̂ + ε) + λ θ,   θ ← θ − η · (‖θ‖ / ‖u‖) u     (m̂, v̂ as in Adam)
 *
 * A tensor whose size or update is zero has trust 1. You et al. 2019, https://arxiv.org/abs/1904.00962, algorithm 2 with
 * φ(z) = z. Slots `m` and `v`.
 */
export function lamb(options: LambOptions): Optimiser {
  return {
    name: 'lamb',
    slots: ['m', 'v'],
    scalars: (step) => biasCorrections(options, step),
    update: (args) =>
      tidy(() => {
        const { parameter, learningRate, weightDecay, group } = args;
        const { direction, slots } = adamDirection(args, options);
        const decayed = weightDecay === 0 ? direction : add(direction, mul(parameter, weightDecay));
        const scaled = group === 'unscaled' ? decayed : mul(decayed, trustRatio(parameter, decayed, options.clip));
        return { parameter: sub(parameter, mul(scaled, learningRate)), slots };
      }),
  };
}

/** ‖θ‖ / ‖u‖, or 1 where one of them is zero, []. */
function trustRatio(parameter: Tensor, update: Tensor, clip: boolean): Tensor {
  const [size, updateSize] = [norm(parameter), norm(update)];
  const trust = div(size, updateSize);
  const bothPositive = logicalAnd(greater(size, 0), greater(updateSize, 0));
  return where(bothPositive, clip ? minimum(trust, 1) : trust, onesLike(trust));
}
