import {
  add,
  dispose,
  exp,
  logSoftmax,
  matMul,
  mul,
  neg,
  oneHot,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';

import { rowChunks } from './features.ts';
import { type Evaluate } from './line-search.ts';
import { dot } from './vector.ts';

export interface LogisticObjectiveOptions {
  /** Rows [from, to) of the features, [to − from, D]. */
  rows: (chunk: { from: number; to: number }) => Float32Array;
  /** [N], D */
  shape: readonly [number, number];
  /** Class numbers 0 .. classes − 1, [N]. */
  labels: Int32Array;
  classes: number;
  /** λ, the weight of |W|² / 2. */
  decay: number;
  /** Most numbers in one array on the device. */
  chunkValues?: number;
}

export interface LogisticObjective {
  /** Of the parameters [W (D × K, row-major), b (K)]. */
  evaluate: Evaluate;
  dispose(): void;
}

/**
 * Mean cross-entropy of softmax(x W + b) with L2 decay of the weights, not of the biases:
 *
 *     f(W, b)  = 1/N Σ_n −log softmax(x_n W + b)[y_n] + λ/2 |W|²
 *     ∂f/∂W    = 1/N Xᵀ (softmax − onehot) + λ W,   ∂f/∂b = 1/N Σ_n (softmax − onehot)
 *
 * Products are in float32 on the device; the sum over rows and everything of the parameters' size in double precision here. The
 * features stay on the device until `dispose`.
 */
export function logisticObjective(options: LogisticObjectiveOptions): LogisticObjective {
  const { shape, classes, decay } = options;
  const [rows, columns] = shape;
  const chunks = uploadChunks(options);
  const evaluate: Evaluate = (parameters) => {
    const weights = parameters.subarray(0, columns * classes);
    const gradient = new Float64Array(parameters.length);
    let loss = 0;
    for (const chunk of chunks) {
      const part = chunkGradient(
        chunk,
        Float32Array.from(weights),
        Float32Array.from(parameters.subarray(weights.length)),
      );
      for (const value of part.losses) loss += value;
      for (let i = 0; i < weights.length; i++) gradient[i]! += part.weight[i]!;
      for (let c = 0; c < classes; c++) gradient[weights.length + c]! += part.bias[c]!;
    }
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= rows;
    for (let i = 0; i < weights.length; i++) gradient[i]! += decay * weights[i]!;
    return { value: loss / rows + (decay / 2) * dot(weights, weights), gradient };
  };
  return { evaluate, dispose: () => dispose(chunks.flatMap(({ x, target }) => [x, target])) };
}

interface Chunk {
  x: Tensor2D;
  target: Tensor2D;
}

function uploadChunks({
  rows,
  shape: [count, columns],
  labels,
  classes,
  chunkValues = 2 ** 24,
}: LogisticObjectiveOptions) {
  return [...rowChunks(count, chunkValues / Math.max(columns, classes))].map(({ from, to }): Chunk => {
    return {
      x: tensor2d(rows({ from, to }), [to - from, columns]),
      target: tidy(() => oneHot(tensor1d(labels.subarray(from, to), 'int32'), classes, 1, 0, 'float32') as Tensor2D),
    };
  });
}

/** Loss of each row and gradients summed over the chunk: x [N, D], weight [D, K], bias [K]. */
function chunkGradient({ x, target }: Chunk, weight: Float32Array, bias: Float32Array) {
  const [losses, weightGradient, biasGradient] = tidy(() => {
    const logits = add(matMul(x, tensor2d(weight, [x.shape[1], bias.length])), tensor1d(bias)); // [N, K]
    const logProbability = logSoftmax(logits);
    const residual = sub<Tensor2D>(exp(logProbability), target); // [N, K]
    return [neg(sum(mul(logProbability, target), 1)), matMul(x, residual, true), sum(residual, 0)] as Tensor[];
  }) as [Tensor, Tensor, Tensor];
  const read = (tensor: Tensor) => tensor.dataSync() as Float32Array;
  try {
    return { losses: read(losses), weight: read(weightGradient), bias: read(biasGradient) };
  } finally {
    dispose([losses, weightGradient, biasGradient]);
  }
}
