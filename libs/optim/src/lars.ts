import {
  add,
  div,
  greater,
  logicalAnd,
  minimum,
  mul,
  norm,
  onesLike,
  type Scalar,
  sub,
  type Tensor,
  tidy,
  where,
} from '@tensorflow/tfjs-core';

import { type Optimiser } from './optimiser.ts';
import { type SgdOptions, withMomentum } from './sgd.ts';

export interface LarsOptions extends SgdOptions {
  /** η of the paper: the wanted size of an update over the size of the parameter. */
  trustCoefficient: number;
  /**
   * What implementations differ in. `lightly`: trust ‖θ‖ / (‖g‖ + λ‖θ‖ + ε), and a parameter or gradient that is zero
   * takes the plain gradient, without decay. `timm`: the same trust, but such a parameter takes g + λ θ. `moco-v3` (also
   * MAE's): trust ‖θ‖ / ‖g + λ θ‖ for all parameters of two axes or more.
   */
  rule: 'lightly' | 'timm' | 'moco-v3';
  /** No update larger than plain SGD's: trust ← min(trust / η, 1) with the learning rate η (timm's trust_clip). */
  clip: boolean;
}

const epsilon = 1e-8;

/**
 * LARS: momentum SGD in which each tensor's gradient is scaled to the size of the tensor. Parameters excluded from decay
 * are excluded from scaling, too.
 *
 *     d = trust · (g + λ θ),   b ← μ b + d,   θ ← θ − η b
 *
 * You et al. 2017, https://arxiv.org/abs/1708.03888, algorithm 1; the learning rate stays outside the momentum, as in the
 * implementations named. Slot `momentum`.
 */
export function lars(options: LarsOptions): Optimiser {
  return {
    name: 'lars',
    slots: options.momentum === 0 ? [] : ['momentum'],
    scalars: () => ({}),
    update: ({ parameter, gradient, slots, learningRate, weightDecay }) =>
      tidy(() => {
        const scaled = scaleGradient(options, parameter, gradient, weightDecay, learningRate);
        const { direction, slots: next } = withMomentum(scaled, slots, options);
        return { parameter: sub(parameter, mul(direction, learningRate)), slots: next };
      }),
  };
}

function scaleGradient(
  { rule, clip, trustCoefficient }: LarsOptions,
  parameter: Tensor,
  gradient: Tensor,
  weightDecay: number,
  learningRate: Scalar,
): Tensor {
  if (rule === 'moco-v3' ? parameter.rank < 2 : weightDecay === 0) return gradient;
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
