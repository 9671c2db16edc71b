import {
  add,
  div,
  logSoftmax,
  matMul,
  mean,
  mul,
  neg,
  oneHot,
  type Scalar,
  scalar,
  softmax,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';
import { sgd } from '#lib/optim';

export interface ProbeSgdOptions {
  learningRate: number;
  momentum: number;
  /** Added to the gradient, on the bias, too, as torch.optim.SGD does by default. */
  weightDecay: number;
}

/** Parameters of a linear probe and their momentum buffers; the caller disposes them. */
export interface LinearProbeState {
  /** [D, K] */
  weight: Tensor2D;
  /** [K] */
  bias: Tensor1D;
  weightMomentum: Tensor2D;
  biasMomentum: Tensor1D;
}

export interface ProbeGradient {
  /** Mean cross-entropy, []. */
  loss: Scalar;
  /** [D, K] */
  weight: Tensor2D;
  /** [K] */
  bias: Tensor1D;
}

/** A state with empty momentum buffers; copies nothing, so `weight` and `bias` belong to the state from now on. */
export function linearProbeState(weight: Tensor2D, bias: Tensor1D): LinearProbeState {
  return { weight, bias, weightMomentum: zerosLike(weight), biasMomentum: zerosLike(bias) };
}

/** x W + b, [N, K]. */
export function linearLogits(x: Tensor2D, { weight, bias }: Pick<LinearProbeState, 'weight' | 'bias'>): Tensor2D {
  return tidy(() => add(matMul(x, weight), bias));
}

/**
 * Mean cross-entropy of softmax(x W + b) and its gradient:
 *
 *     L = −1/N Σ_n log p_n[y_n],   dL/dW = 1/N Xᵀ (p − onehot),   dL/db = 1/N Σ_n (p_n − onehot_n)
 *
 * @param x frozen features, [N, D]
 * @param labels [N] int32
 * @throws UsageError where the sizes don't fit
 */
export function softmaxGradient(
  state: Pick<LinearProbeState, 'weight' | 'bias'>,
  x: Tensor2D,
  labels: Tensor1D,
): ProbeGradient {
  const [rows, columns] = x.shape;
  const [inputs, classes] = state.weight.shape;
  if (inputs !== columns || labels.shape[0] !== rows)
    throw new UsageError(
      `linear probe: features [${x.shape.join()}], weight [${state.weight.shape.join()}] and ${labels.shape[0]} labels don't fit`,
    );
  return tidy(() => {
    const logits = linearLogits(x, state);
    const target = oneHot(labels, classes, 1, 0, 'float32');
    const residual = div<Tensor2D>(sub(softmax(logits), target), rows); // [N, K]
    return {
      loss: mean<Scalar>(neg(sum(mul(logSoftmax(logits), target), 1))),
      weight: matMul<Tensor2D>(x, residual, true),
      bias: sum<Tensor1D>(residual, 0),
    };
  });
}

/**
 * One step of gradient descent with momentum on frozen features.
 *
 * @returns the loss before the step and the new state; the old state's tensors stay the caller's
 */
export function softmaxStep(
  state: LinearProbeState,
  x: Tensor2D,
  labels: Tensor1D,
  options: ProbeSgdOptions,
): { loss: Scalar; state: LinearProbeState } {
  const { loss, weight, bias } = softmaxGradient(state, x, labels);
  const [newWeight, weightMomentum] = descend(state.weight, weight, state.weightMomentum, options);
  const [newBias, biasMomentum] = descend(state.bias, bias, state.biasMomentum, options);
  weight.dispose();
  bias.dispose();
  return { loss, state: { weight: newWeight, bias: newBias, weightMomentum, biasMomentum } };
}

function descend<T extends Tensor>(parameter: T, gradient: T, momentum: T, options: ProbeSgdOptions): [T, T] {
  return tidy(() => {
    const updated = sgd({ momentum: options.momentum, nesterov: false }).update({
      parameter,
      gradient,
      slots: { momentum },
      learningRate: scalar(options.learningRate),
      scalars: {},
      weightDecay: options.weightDecay,
    });
    return [updated.parameter, updated.slots['momentum'] ?? zerosLike(momentum)];
  }) as [T, T];
}
