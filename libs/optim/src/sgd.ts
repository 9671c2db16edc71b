import { add, mul, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';
import { defineOwnKernel, hasOwnKernels, runOwnKernel } from '#lib/tensor';

import { type Optimiser, type UpdateArguments, type Updated } from './optimiser.ts';

const attributes = { momentum: 'float', decay: 'float', nesterov: 'bool' } as const;
defineOwnKernel('UnlabelMomentum', 2, { attributes, typed: false });

export interface SgdOptions {
  momentum: number;
  nesterov: boolean;
}

/**
 * Stochastic gradient descent as torch.optim.SGD with dampening 0; the learning rate stays outside the momentum:
 *
 *     g ← g + λ θ,   b ← μ b + g,   θ ← θ − η (nesterov ? g + μ b : b)
 *
 * Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html. Slot `momentum` is b; with momentum 0 there is none.
 * @throws UsageError for Nesterov's rule without momentum
 */
export function sgd({ momentum, nesterov }: SgdOptions): Optimiser {
  checkNesterov('sgd', { momentum, nesterov });
  return {
    name: 'sgd',
    slots: momentum === 0 ? [] : ['momentum'],
    scalars: () => ({}),
    update: (args) =>
      tidy(() => {
        if (momentum !== 0 && hasOwnKernels()) return ownUpdate(args, { momentum, nesterov });
        const { parameter, gradient, slots, learningRate, weightDecay } = args;
        const decayed = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
        const { direction, slots: next } = withMomentum(decayed, slots, { momentum, nesterov });
        return { parameter: sub(parameter, mul(direction, learningRate)), slots: next };
      }),
  };
}

function ownUpdate(args: UpdateArguments, options: SgdOptions): Updated {
  const { parameter, gradient, slots, learningRate, weightDecay } = args;
  const inputs = { parameter, gradient, buffer: slots['momentum'] as Tensor, learningRate };
  const attrs = { ...options, decay: weightDecay };
  const [next, buffer] = runOwnKernel('UnlabelMomentum', inputs, attrs) as [Tensor, Tensor];
  return { parameter: next, slots: { momentum: buffer } };
}

export function checkNesterov(name: string, { momentum, nesterov }: SgdOptions): void {
  if (nesterov && momentum === 0)
    throw new UsageError(`${name}: nesterov needs a momentum above 0, got 0`, {
      field: 'optimiser.nesterov',
      remedy: 'set optimiser.momentum, or optimiser.nesterov to false',
    });
}

/** The direction that momentum makes of a gradient, and the buffer afterwards: b ← μ b + g. */
export function withMomentum(
  gradient: Tensor,
  slots: Record<string, Tensor>,
  { momentum, nesterov }: SgdOptions,
): { direction: Tensor; slots: Record<string, Tensor> } {
  if (momentum === 0) return { direction: gradient, slots: {} };
  const buffer = add(mul(slots['momentum'] as Tensor, momentum), gradient);
  const direction = nesterov ? add(gradient, mul(buffer, momentum)) : buffer;
  return { direction, slots: { momentum: buffer } };
}
