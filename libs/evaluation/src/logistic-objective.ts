import { add, exp, logSoftmax, matMul, mul, neg, sub, sum, type Tensor2D } from '@tensorflow/tfjs-core';

import { type Capture, type Captured, type Computation, eagerly, type Shapes } from './capture.ts';
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
  /** What builds the computation; default: `eagerly` */
  capture?: Capture;
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
  const chunks = captureChunks(options);
  const evaluate: Evaluate = (parameters) => {
    const weights = parameters.subarray(0, columns * classes);
    const gradient = new Float64Array(parameters.length);
    let loss = 0;
    for (const chunk of chunks) {
      const part = chunk.run({
        weight: Float32Array.from(weights),
        bias: Float32Array.from(parameters.subarray(weights.length)),
      });
      for (const value of part['losses']!) loss += value;
      for (let i = 0; i < weights.length; i++) gradient[i]! += part['weight']![i]!;
      for (let c = 0; c < classes; c++) gradient[weights.length + c]! += part['bias']![c]!;
    }
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= rows;
    for (let i = 0; i < weights.length; i++) gradient[i]! += decay * weights[i]!;
    return { value: loss / rows + (decay / 2) * dot(weights, weights), gradient };
  };
  return { evaluate, dispose: () => chunks.forEach((chunk) => chunk.dispose()) };
}

function captureChunks({
  rows,
  shape: [count, columns],
  labels,
  classes,
  chunkValues = 2 ** 24,
  capture = eagerly,
}: LogisticObjectiveOptions): Captured[] {
  const inputs: Shapes['inputs'] = {
    weight: { shape: [columns, classes], dtype: 'float32' },
    bias: { shape: [classes], dtype: 'float32' },
  };
  return [...rowChunks(count, chunkValues / Math.max(columns, classes))].map(({ from, to }) => {
    const state = {
      x: { shape: [to - from, columns], values: rows({ from, to }) },
      target: { shape: [to - from, classes], values: oneHotRows(labels.subarray(from, to), classes) },
    };
    return capture(chunkGradient, { state, inputs });
  });
}

/** [N, K] */
function oneHotRows(labels: Int32Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) rows[row * classes + label] = 1;
  return rows;
}

/** Loss of each row and gradients summed over the chunk: x [N, D], target [N, K], weight [D, K], bias [K]. */
const chunkGradient: Computation = ({ x, target }, { weight, bias }) => {
  const features = x as Tensor2D;
  const logProbability = logSoftmax(add(matMul(features, weight as Tensor2D), bias!)); // [N, K]
  const residual = sub<Tensor2D>(exp(logProbability), target!); // [N, K]
  const outputs = {
    losses: neg(sum(mul(logProbability, target!), 1)),
    weight: matMul(features, residual, true),
    bias: sum(residual, 0),
  };
  return { state: {}, outputs };
};
