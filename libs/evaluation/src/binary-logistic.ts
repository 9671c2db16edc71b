import {
  abs,
  add,
  cast,
  div,
  exp,
  log1p,
  matMul,
  mean,
  mul,
  neg,
  type Rank,
  relu,
  reshape,
  type Scalar,
  sigmoid,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';

export interface BinaryLogistic {
  /** [D] */
  weight: Tensor1D;
  /** [] */
  bias: Scalar;
}

/** x w + b, [N]. */
function logits(x: Tensor2D, { weight, bias }: BinaryLogistic): Tensor1D {
  return add(reshape(matMul(x, reshape(weight, [-1, 1])), [-1]), bias);
}

/** Probability of class 1, sigmoid(x w + b), [N]. */
export function binaryProbability(x: Tensor2D, model: BinaryLogistic): Tensor1D {
  return tidy(() => sigmoid(logits(x, model)));
}

/**
 * Mean binary cross-entropy and its gradient, as torch's binary_cross_entropy_with_logits:
 *
 *     L = 1/N Σ_n max(z_n, 0) − z_n y_n + log(1 + exp(−|z_n|)),   dL/dw = 1/N Xᵀ (σ(z) − y),   dL/db = 1/N Σ_n (σ(z_n) − y_n)
 *
 * @param x [N, D]
 * @param labels [N] int32, 0 or 1
 */
export function binaryLogisticGradient(
  model: BinaryLogistic,
  x: Tensor2D,
  labels: Tensor1D,
): { loss: Scalar; weight: Tensor1D; bias: Scalar } {
  return tidy(() => {
    const z = logits(x, model);
    const y = cast(labels, 'float32');
    const losses = add(sub(relu(z), mul(z, y)), log1p(exp(neg(abs(z)))));
    const residual = div(sub(sigmoid(z), y), x.shape[0]); // [N]
    return {
      loss: mean<Scalar>(losses),
      weight: reshape<Rank.R1>(matMul(x, reshape<Rank.R2>(residual, [-1, 1]), true), [-1]),
      bias: sum<Scalar>(residual),
    };
  });
}

/** One plain gradient step; returns the loss before it and the new model. */
export function binaryLogisticStep(
  model: BinaryLogistic,
  x: Tensor2D,
  labels: Tensor1D,
  learningRate: number,
): { loss: Scalar; model: BinaryLogistic } {
  const gradient = binaryLogisticGradient(model, x, labels);
  const weight = tidy(() => sub<Tensor1D>(model.weight, mul(gradient.weight, learningRate)));
  const bias = tidy(() => sub<Scalar>(model.bias, mul(gradient.bias, learningRate)));
  gradient.weight.dispose();
  gradient.bias.dispose();
  return { loss: gradient.loss, model: { weight, bias } };
}
