import { add, div, mul, type Scalar, sqrt, square, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { defineOwnKernel, hasOwnKernels, runOwnKernel } from '#lib/tensor';

import { type Optimiser, type UpdateArguments, type Updated } from './optimiser.ts';

const [float, bool] = ['float', 'bool'] as const;
const betas = { beta1: float, beta2: float, rest1: float, rest2: float };
const attributes = { ...betas, epsilon: float, decay: float, decoupled: bool };
defineOwnKernel('UnlabelAdam', 3, { attributes, typed: false });

export interface AdamOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * Adam as torch.optim.Adam; weight decay is added to the gradient:
 *
 *     g ← g + λ θ,   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)
 *
 * Kingma & Ba 2014, https://arxiv.org/abs/1412.6980, algorithm 1. Slots `m` and `v`.
 */
export function adam(options: AdamOptions): Optimiser {
  return {
    name: 'adam',
    slots: ['m', 'v'],
    scalars: (step) => biasCorrections(options, step),
    update: (args) =>
      tidy(() => {
        if (hasOwnKernels()) return ownAdam(args, options, false);
        const { parameter, gradient, weightDecay } = args;
        const decayed = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
        const { direction, slots } = adamDirection({ ...args, gradient: decayed }, options);
        return { parameter: sub(parameter, mul(direction, args.learningRate)), slots };
      }),
  };
}

/** 1 − β₁ᵗ and √(1 − β₂ᵗ): in float32 they would lose half of their digits in the first steps. */
export function biasCorrections({ beta1, beta2 }: AdamOptions, step: number): Record<string, number> {
  return { firstCorrection: 1 - beta1 ** step, secondCorrectionRoot: Math.sqrt(1 - beta2 ** step) };
}

/** The whole update in one operation. @param decoupled whether weight decay is AdamW's */
export function ownAdam(args: UpdateArguments, options: AdamOptions, decoupled: boolean): Updated {
  const { parameter, gradient, slots, learningRate, scalars, weightDecay } = args;
  const { firstCorrection, secondCorrectionRoot } = scalars as Record<string, Scalar>;
  const corrections = {
    firstCorrection: firstCorrection as Scalar,
    secondCorrectionRoot: secondCorrectionRoot as Scalar,
  };
  const inputs = {
    parameter,
    gradient,
    m: slots['m'] as Tensor,
    v: slots['v'] as Tensor,
    learningRate,
    ...corrections,
  };
  const rests = { rest1: 1 - options.beta1, rest2: 1 - options.beta2 };
  const made = runOwnKernel('UnlabelAdam', inputs, { ...options, ...rests, decay: weightDecay, decoupled });
  const [next, m, v] = made as [Tensor, Tensor, Tensor];
  return { parameter: next, slots: { m, v } };
}

/** m̂ / (√v̂ + ε) and the slots afterwards. */
export function adamDirection(
  { gradient, slots, scalars }: UpdateArguments,
  { beta1, beta2, epsilon }: AdamOptions,
): { direction: Tensor; slots: Record<string, Tensor> } {
  const m = add(mul(slots['m'] as Tensor, beta1), mul(gradient, 1 - beta1));
  const v = add(mul(slots['v'] as Tensor, beta2), mul(square(gradient), 1 - beta2));
  const root = add(div(sqrt(v), scalars['secondCorrectionRoot'] as Scalar), epsilon);
  return { direction: div(div(m, scalars['firstCorrection'] as Scalar), root), slots: { m, v } };
}
