import { dispose, nextFrame, tensor1d, type Tensor2D, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';

import { type LinearSgdOptions, UsageError } from '#lib/contracts';
import { learningRateAt } from '#lib/optim';
import { Draws } from '#lib/sampling';

import { rankClasses } from './accuracy.ts';
import {
  checkLabelled,
  checkSameWidth,
  type Features,
  type LabelledFeatures,
  type OnProgress,
  rowChunks,
} from './features.ts';
import { linearLogits, type LinearProbeState, linearProbeState, softmaxStep } from './linear-probe-sgd.ts';
import { probeBatchNormEval, probeBatchNormTrain, type RunningStatistics } from './probe-batch-norm.ts';
import { probeOutcome, type ProbeOutcome } from './probe-outcome.ts';

export interface LinearSgdArguments {
  /** Features of the train split, its images augmented anew for this epoch; epochs from 0. */
  trainFeatures(epoch: number): Promise<LabelledFeatures>;
  eval: LabelledFeatures;
  /** Names, by class number. */
  classes: readonly string[];
  options: Omit<LinearSgdOptions, 'smallestCrop'>;
  /** Draws the order of the samples. */
  seed: number;
  onProgress?: OnProgress;
}

interface Classifier {
  linear: LinearProbeState;
  /** Of the batch norm in front; undefined without one. */
  running: RunningStatistics | undefined;
}

/** Epsilon of the masked autoencoder's probe; momentum as torch's. */
const batchNorm = { epsilon: 1e-6, momentum: 0.1 };
const schedule = { name: 'cosine', endFactor: 0, per: 'step' } as const;
const evaluationValues = 2 ** 22;

/**
 * The SGD protocol of linear evaluation: a linear classifier, from zero, on features of augmented images, by SGD with momentum under a
 * cosine; batch norm without scale and shift in front of it, as in He et al. 2022, https://arxiv.org/abs/2111.06377, appendix A.1.
 * A last batch that is not full is left out.
 *
 * @throws UsageError for bad features or labels, or a loss that is no longer finite
 */
export async function linearSgdProbe(probe: LinearSgdArguments): Promise<ProbeOutcome> {
  const started = performance.now();
  const { classes, options, onProgress } = probe;
  checkLabelled('eval', probe.eval, classes.length);
  let classifier = firstClassifier(probe.eval.shape[1], classes.length, options.batchNorm);
  let [trainLoss, batch] = [NaN, options.batch];
  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const train = await probe.trainFeatures(epoch);
      checkLabelled('train', train, classes.length);
      checkSameWidth('train', train, 'eval', probe.eval);
      batch = Math.min(options.batch, train.shape[0]);
      ({ classifier, loss: trainLoss } = trainEpoch(classifier, train, probe, epoch));
      onProgress?.({ phase: 'fit', done: (epoch + 1) / options.epochs });
      await nextFrame();
    }
    const ranking = rankClasses(scores(classifier, probe.eval, classes.length), classes.length);
    const { labels } = probe.eval;
    return probeOutcome(ranking, {
      kind: 'linear-sgd',
      labels,
      classes,
      started,
      options: { ...options, batch, trainLoss },
    });
  } finally {
    disposeClassifier(classifier);
  }
}

function firstClassifier(columns: number, classes: number, withBatchNorm: boolean): Classifier {
  const linear = linearProbeState(zeros([columns, classes]), zeros([classes]));
  if (!withBatchNorm) return { linear, running: undefined };
  const running = { mean: tensor1d(new Float32Array(columns)), variance: tensor1d(new Float32Array(columns).fill(1)) };
  return { linear, running };
}

const disposeClassifier = ({ linear, running }: Classifier): void => dispose([{ ...linear }, { ...running }]);

/** One pass over the samples in an order drawn by seed and epoch; the loss is the mean over its steps. */
function trainEpoch(
  classifier: Classifier,
  train: LabelledFeatures,
  { options, seed }: LinearSgdArguments,
  epoch: number,
): { classifier: Classifier; loss: number } {
  const rows = train.shape[0];
  const batch = Math.min(options.batch, rows);
  const stepsPerEpoch = Math.floor(rows / batch);
  const run = { baseLearningRate: options.learningRate, totalSteps: options.epochs * stepsPerEpoch, stepsPerEpoch };
  const order = new Draws({ seed, purpose: 'order of a linear probe', epoch }).permutation(rows);
  let current = classifier;
  let sum = 0;
  for (let step = 0; step < stepsPerEpoch; step++) {
    const chosen = order.subarray(step * batch, (step + 1) * batch);
    const learningRate = learningRateAt(schedule, run, epoch * stepsPerEpoch + step);
    const next = trainStep(current, train, chosen, { ...options, learningRate });
    disposeClassifier(current);
    current = next.classifier;
    if (!Number.isFinite(next.loss)) {
      disposeClassifier(current);
      throw new UsageError(`linear probe: the loss is ${next.loss} in step ${step + 1} of epoch ${epoch + 1}`, {
        field: 'probe.linearSgd.learningRate',
        remedy: `use a lower learning rate than ${options.learningRate}`,
      });
    }
    sum += next.loss;
  }
  return { classifier: current, loss: sum / stepsPerEpoch };
}

function trainStep(
  { linear, running }: Classifier,
  train: LabelledFeatures,
  chosen: Uint32Array,
  options: { learningRate: number; momentum: number; weightDecay: number },
): { classifier: Classifier; loss: number } {
  const columns = train.shape[1];
  const data = new Float32Array(chosen.length * columns);
  for (const [to, from] of chosen.entries())
    data.set(train.data.subarray(from * columns, (from + 1) * columns), to * columns);
  const x = tensor2d(data, [chosen.length, columns]);
  const labels = tensor1d(
    Int32Array.from(chosen, (row) => train.labels[row]!),
    'int32',
  );
  const normalised = running && probeBatchNormTrain(x, running, batchNorm);
  const { loss, state } = softmaxStep(linear, normalised?.y ?? x, labels, options);
  const value = loss.dataSync()[0]!;
  dispose([x, labels, loss, ...(normalised ? [normalised.y] : [])]);
  return { classifier: { linear: state, running: normalised?.running }, loss: value };
}

function scores({ linear, running }: Classifier, features: Features, classes: number): Float32Array {
  const [rows, columns] = features.shape;
  const all = new Float32Array(rows * classes);
  for (const { from, to } of rowChunks(rows, evaluationValues / columns))
    tidy(() => {
      const x: Tensor2D = tensor2d(features.data.subarray(from * columns, to * columns), [to - from, columns]);
      const normalised = running ? probeBatchNormEval(x, running, batchNorm.epsilon) : x;
      all.set(linearLogits(normalised, linear).dataSync(), from * classes);
    });
  return all;
}
