import { add, matMul, nextFrame, softmax, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';

import { type Capture } from './capture.ts';
import { checkLabelled, type Features, type LabelledFeatures, presentClasses, rowChunks } from './features.ts';
import { lbfgs, type LbfgsResult } from './lbfgs.ts';
import { logisticObjective } from './logistic-objective.ts';
import { type StandardScaler, standardiseRows } from './standard-scaler.ts';

export interface LogisticOptions {
  /** C of scikit-learn: weight of the summed cross-entropy against ½|W|²; larger is weaker regularisation. */
  inverseRegularisation: number;
  /** Applied to the features on the way to the device, so that no second copy of them is held. */
  scaler?: StandardScaler | undefined;
  /** Stop when no entry of the gradient of the mean objective is larger. @default 1e-5, scikit-learn has 1e-4 */
  gradientTolerance?: number;
  /** @default 1000 */
  maxIterations?: number;
  onProgress?: ((done: number) => void) | undefined;
  chunkValues?: number;
  /** What builds the objective's computation; default: `eagerly` */
  capture?: Capture | undefined;
}

export interface LogisticModel {
  /** Number of classes, K. */
  classes: number;
  /** Classes that the training labels have; the others get score −∞ and probability 0. */
  present: Int32Array;
  /** [D, K]; 0 for absent classes. */
  weight: Float64Array;
  /** [K]; sums to 0 over the present classes, −∞ for the others. */
  bias: Float64Array;
  scaler: StandardScaler | undefined;
  /** scikit-learn's objective at the minimum: ½|W|² + C Σ_n cross-entropy. */
  objective: number;
  convergence: Pick<LbfgsResult, 'gradientMax' | 'iterations' | 'evaluations' | 'reason'>;
}

/** Of the float32 products in the objective. */
const valueNoise = 1e-7;

/**
 * Multinomial logistic regression by L-BFGS from zero to convergence, as scikit-learn's LogisticRegression:
 *
 *     min ½|W|² + C Σ_n −log softmax(x_n W + b)[y_n]      (no penalty on b)
 *
 * minimised as its mean over the rows, divided by C. Two classes have, as there, one weight vector w = W₁ − W₀ with penalty ½|w|²,
 * which is |W|². A class without training rows is left out, since its bias would run to −∞.
 *
 * @throws UsageError for bad features or labels, fewer than two classes among the labels, or C not above 0
 */
export async function logisticRegression(
  train: LabelledFeatures,
  classes: number,
  options: LogisticOptions,
): Promise<LogisticModel> {
  const present = checkTask(train, classes, options);
  const { inverseRegularisation: c, scaler, gradientTolerance = 1e-5, maxIterations = 1000 } = options;
  const [rows, columns] = train.shape;
  const compact = new Map(Array.from(present, (label, i) => [label, i]));
  const penalty = present.length === 2 ? 2 : 1;
  const objective = logisticObjective({
    rows: (chunk) => featureRows(train, scaler, chunk),
    shape: train.shape,
    labels: train.labels.map((label) => compact.get(label)!),
    classes: present.length,
    decay: penalty / (c * rows),
    ...(options.chunkValues === undefined ? {} : { chunkValues: options.chunkValues }),
    ...(options.capture && { capture: options.capture }),
  });
  try {
    const fit = await lbfgs(objective.evaluate, new Float64Array((columns + 1) * present.length), {
      gradientTolerance,
      maxIterations,
      valueNoise,
      onIteration: reportProgress(gradientTolerance, options.onProgress),
    });
    const { gradientMax, iterations, evaluations, reason } = fit;
    const convergence = { gradientMax, iterations, evaluations, reason };
    return { ...spread(fit.x, present, { classes, columns }), scaler, objective: fit.value * c * rows, convergence };
  } finally {
    objective.dispose();
  }
}

function checkTask(train: LabelledFeatures, classes: number, { inverseRegularisation }: LogisticOptions): Int32Array {
  checkLabelled('train', train, classes);
  if (!(inverseRegularisation > 0) || !Number.isFinite(inverseRegularisation))
    throw new UsageError(`logistic regression: C is ${inverseRegularisation}, allowed are numbers above 0`, {
      field: 'probe.inverseRegularisation',
    });
  const present = presentClasses(train.labels);
  if (present.length < 2)
    throw new UsageError(
      `train: all ${train.labels.length} labels are class ${present[0]}, a classifier needs two classes`,
      {
        remedy: 'probe with more samples or a dataset that has two classes',
      },
    );
  return present;
}

function featureRows(features: Features, scaler: StandardScaler | undefined, chunk: { from: number; to: number }) {
  const columns = features.shape[1];
  if (scaler) return standardiseRows(scaler, features, chunk);
  return features.data.subarray(chunk.from * columns, chunk.to * columns);
}

/** Progress by the logarithm of the gradient, which falls from its first value to the tolerance; gives other work a turn. */
function reportProgress(tolerance: number, onProgress: ((done: number) => void) | undefined) {
  let [first, best] = [0, 0];
  return async ({ gradientMax }: { gradientMax: number }) => {
    first ||= gradientMax;
    const done = first <= tolerance ? 1 : Math.log(first / gradientMax) / Math.log(first / tolerance);
    best = Math.min(1, Math.max(best, done));
    onProgress?.(best);
    await nextFrame();
  };
}

/** Parameters of the present classes, in the places of all classes. */
function spread(x: Float64Array, present: Int32Array, { classes, columns }: { classes: number; columns: number }) {
  const weight = new Float64Array(columns * classes);
  const bias = new Float64Array(classes).fill(-Infinity);
  const biases = x.subarray(columns * present.length);
  const mean = biases.reduce((sum, value) => sum + value, 0) / present.length;
  for (const [i, label] of present.entries()) {
    bias[label] = biases[i]! - mean;
    for (let column = 0; column < columns; column++) weight[column * classes + label] = x[column * present.length + i]!;
  }
  return { classes, present, weight, bias };
}

/** Logits x W + b, [N, K]; −∞ for classes that the training labels lack. */
export function logisticScores(model: LogisticModel, features: Features, chunkValues = 2 ** 24): Float32Array {
  return mapRows(model, features, { chunkValues, probability: false });
}

/** softmax(x W + b), [N, K]. */
export function logisticProbabilities(model: LogisticModel, features: Features, chunkValues = 2 ** 24): Float32Array {
  return mapRows(model, features, { chunkValues, probability: true });
}

function mapRows(
  { classes, weight, bias, scaler }: LogisticModel,
  features: Features,
  { chunkValues, probability }: { chunkValues: number; probability: boolean },
): Float32Array {
  const [rows, columns] = features.shape;
  if (columns * classes !== weight.length)
    throw new UsageError(
      `logistic regression was fitted to ${weight.length / classes} features a row, these have ${columns}`,
    );
  const scores = new Float32Array(rows * classes);
  for (const { from, to } of rowChunks(rows, chunkValues / Math.max(columns, classes)))
    tidy(() => {
      const x = tensor2d(featureRows(features, scaler, { from, to }), [to - from, columns]);
      const logits = add(
        matMul(x, tensor2d(Float32Array.from(weight), [columns, classes])),
        tensor1d(Float32Array.from(bias)),
      );
      scores.set((probability ? softmax(logits) : logits).dataSync(), from * classes);
    });
  return scores;
}
