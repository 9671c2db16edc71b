import {
  concat,
  div,
  fill,
  matMul,
  mul,
  oneHot,
  range,
  type Scalar,
  sub,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';

import { crossEntropy, l2Normalize, ShapeError, sumOver } from '#lib/tensor';

/** Taken off the similarity of a row with itself, so that it has no part in the softmax. */
const masked = 1e9;

/**
 * Normalised temperature-scaled cross-entropy: each of 2N embeddings must tell its other view among the 2N − 1 others.
 *
 *     L = −1/2N Σ_i log exp(s_ij / T) / Σ_{k≠i} exp(s_ik / T),   s the cosine, j the other view of i     (eq. 1)
 *
 * Chen et al. 2020, https://arxiv.org/abs/2002.05709. Gradients flow into both views.
 *
 * @param z0 embeddings of view 1, [N, D]
 * @param z1 embeddings of view 2; row n is the same image as row n of z0
 * @param temperature T
 * @throws ShapeError if the shapes differ
 */
export function ntXentLoss(z0: Tensor2D, z1: Tensor2D, temperature: number): Scalar {
  checkShapes('ntXentLoss', z0, z1);
  return tidy(() => {
    const N = z0.shape[0];
    const unit = l2Normalize(concat([z0, z1], 0)); // [2N, D]
    const logits = div(matMul(unit, unit, false, true), temperature) as Tensor2D;
    const own = mul(oneHot(range(0, 2 * N, 1, 'int32'), 2 * N, 1, 0, 'float32'), masked);
    const other = concat([range(N, 2 * N, 1, 'int32'), range(0, N, 1, 'int32')]);
    return crossEntropy(sub(logits, own), other) as Scalar;
  });
}

/**
 * The same against a queue: each query must tell its key among the rows of the queue, which are constants.
 *
 *     L = −1/N Σ_n log exp(q_n·k_n / T) / (exp(q_n·k_n / T) + Σ_r exp(q_n·r / T))
 *
 * He et al. 2019, https://arxiv.org/abs/1911.05722, eq. 1. Gradients flow into queries and keys.
 *
 * @param queries [N, D]
 * @param keys the queries' positives, [N, D]
 * @param queue unit rows, [K, D]
 * @throws ShapeError if the shapes don't fit
 */
export function ntXentQueueLoss(queries: Tensor2D, keys: Tensor2D, queue: Tensor2D, temperature: number): Scalar {
  checkShapes('ntXentQueueLoss', queries, keys);
  if (queue.rank !== 2 || queue.shape[1] !== queries.shape[1])
    throw new ShapeError(`ntXentQueueLoss: the queue must be [K, ${queries.shape[1]}], got [${queue.shape}]`);
  return tidy(() => {
    const [q, k] = [l2Normalize(queries), l2Normalize(keys)];
    const positive = sumOver(mul(q, k), [1], true); // [N, 1]
    const logits = div(concat([positive, matMul(q, queue, false, true)], 1), temperature);
    return crossEntropy(logits, fill([queries.shape[0]], 0, 'int32')) as Scalar;
  });
}

function checkShapes(name: string, a: Tensor2D, b: Tensor2D): void {
  if (a.rank !== 2 || a.shape.join() !== b.shape.join())
    throw new ShapeError(`${name}: the two views must share one shape [N, D], got [${a.shape}] and [${b.shape}]`);
}
