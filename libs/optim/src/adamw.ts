import { mul, sub, tidy } from '@tensorflow/tfjs-core';

import { hasOwnKernels } from '#lib/tensor';

import { adamDirection, type AdamOptions, biasCorrections, ownAdam } from './adam.ts';
import { type Optimiser } from './optimiser.ts';

/**
 * AdamW as torch.optim.AdamW: weight decay apart from the gradient, scaled by the learning rate:
 *
 *     θ ← θ − η λ θ − η m̂ / (√v̂ + ε)     (m̂, v̂ as in Adam)
 *
 * Loshchilov & Hutter 2017, https://arxiv.org/abs/1711.05101, algorithm 2. Slots `m` and `v`.
 */
export function adamw(options: AdamOptions): Optimiser {
  return {
    name: 'adamw',
    slots: ['m', 'v'],
    scalars: (step) => biasCorrections(options, step),
    update: (args) =>
      tidy(() => {
        if (hasOwnKernels()) return ownAdam(args, options, true);
        const { parameter, learningRate, weightDecay } = args;
        const decayed = weightDecay === 0 ? parameter : sub(parameter, mul(parameter, mul(learningRate, weightDecay)));
        const { direction, slots } = adamDirection(args, options);
        return { parameter: sub(decayed, mul(direction, learningRate)), slots };
      }),
  };
}
