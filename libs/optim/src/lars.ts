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

import { type Optimiser, type UpdateArguments } from './optimiser.ts';
import { checkNesterov, type SgdOptions, withMomentum } from './sgd.ts';

export interface LarsOptions extends SgdOptions {
  /** η of the paper: the wanted size of an update over the size of the parameter. */
  trustCoefficient: number;
  /**
   * What implementations differ in. `lightly` (also solo-learn's): trust ‖θ‖ / (‖g‖ + λ‖θ‖ + ε), and a parameter or
   * gradient that is zero takes the plain gradient, without decay. `timm`: the same trust, but such a parameter takes
   * g + λ θ. `moco-v3` (also the Barlow Twins and MAE authors'): trust ‖θ‖ / ‖g + λ θ‖.
   */
  rule: 'lightly' | 'timm' | 'moco-v3';
  /** No update larger than plain SGD's: trust ← min(trust / η, 1) with the learning rate η (timm's trust_clip, solo-learn's clip_lr). */
  clip: boolean;
  /** Learning rate of biases, norms and tokens over that of weights; the Barlow Twins authors' is .0048 / .2. default: 1 */
  biasLearningRateFactor?: number;
}

const epsilon = 1e-8;

/**
 * LARS: momentum SGD in which each tensor's gradient is scaled to the size of the tensor. Biases, norms and tokens are not
 * scaled and don't decay; their learning rate may be another.
 *
 *     d = trust · (g + λ θ),   b ← μ b + d,   θ ← θ − η b
 *
 * You et al. 2017, https://arxiv.org/abs/1708.03888, algorithm 1; the learning rate stays outside the momentum, as in the
 * implementations named. Slot `momentum`.
 * @throws UsageError for Nesterov's rule without momentum
 */
export function lars(options: LarsOptions): Optimiser {
  checkNesterov('lars', options);
  return {
    name: 'lars',
    slots: options.momentum === 0 ? [] : ['momentum'],
    scalars: () => ({}),
    update: (args) =>
      tidy(() => {
        const { parameter, learningRate } = args;
        const scaled = args.group === 'unscaled' ? args.gradient : scaleGradient(options, args);
        const { direction, slots } = withMomentum(scaled, args.slots, options);
        const factor = args.group === 'unscaled' ? (options.biasLearningRateFactor ?? 1) : 1;
        const rate = factor === 1 ? learningRate : mul(learningRate, factor);
        return { parameter: sub(parameter, mul(direction, rate)), slots };
      }),
  };
}

function scaleGradient(
  { rule, clip, trustCoefficient }: LarsOptions,
  { parameter, gradient, weightDecay, learningRate }: UpdateArguments,
): Tensor {
  const decayed = add(gradient, mul(parameter, weightDecay));
  const size = norm(parameter);
  const gradientSize = norm(rule === 'moco-v3' ? decayed : gradient);
  const sum = rule === 'moco-v3' ? gradientSize : add(add(gradientSize, mul(size, weightDecay)), epsilon);
  const trust = div(mul(size, trustCoefficient), sum);
  const clipped = clip ? minimum(div(trust, learningRate), 1) : trust;
  const bothPositive = logicalAnd(greater(size, 0), greater(gradientSize, 0));
  if (rule === 'lightly') return where(bothPositive, mul(decayed, clipped), gradient);
  return mul(decayed, where(bothPositive, clipped, onesLike(clipped)));
}
