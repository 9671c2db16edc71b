import {
  argMax,
  dispose,
  memory,
  scalar,
  type Tensor,
  tensor1d,
  type Tensor1D,
  tensor2d,
  type Tensor2D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { firstClasses, rankClasses } from './accuracy.ts';
import { binaryLogisticGradient, binaryLogisticStep, binaryProbability } from './binary-logistic.ts';
import { type Features } from './features.ts';
import { linearLogits, linearProbeState, softmaxGradient, softmaxStep } from './linear-probe-sgd.ts';
import { logisticProbabilities, logisticRegression, logisticScores } from './logistic-regression.ts';
import { probeBatchNormEval, probeBatchNormTrain } from './probe-batch-norm.ts';
import { fitStandardScaler, standardiseRows } from './standard-scaler.ts';

const numbers = (golden: GoldenCase, name: string) => golden.tensor(name).data as Float32Array;
const tensorsOf = (held: object) => Object.values(held) as Tensor[];
const values = (tensor: Tensor) => Array.from(tensor.dataSync());
const torchLayout = (weight: Tensor) => tidy(() => Array.from(transpose(weight).dataSync()));
const features = (golden: GoldenCase, name: string): Features => {
  const { data, shape } = golden.tensor(name);
  return { data: data as Float32Array, shape: shape as [number, number] };
};
const matrix = (golden: GoldenCase, name: string): Tensor2D => {
  const { data, shape } = features(golden, name);
  return tensor2d(data, [...shape]);
};
const vector = (golden: GoldenCase, name: string): Tensor1D => tensor1d(numbers(golden, name));
const classNumbers = (golden: GoldenCase) => golden.tensor('in/labels').data as Int32Array;
const startState = (golden: GoldenCase) => {
  const weight = tidy(() => transpose(matrix(golden, 'in/weight')));
  return linearProbeState(weight, vector(golden, 'in/bias'));
};
const sgdOptions = ({ args }: GoldenCase) => {
  const { lr, momentum = 0, weight_decay: weightDecay = 0 } = args as Record<string, number>;
  return { learningRate: lr!, momentum, weightDecay };
};

const softmaxCases = [
  ...goldenCases('evaluation/probe/softmax-plain'),
  ...goldenCases('evaluation/probe/softmax-momentum'),
  ...goldenCases('evaluation/probe/softmax-momentum-wd'),
];
test.each(softmaxCases)('$name', (golden) => {
  const before = memory().numTensors;
  const [x, labels] = [matrix(golden, 'in/x'), tensor1d(classNumbers(golden), 'int32')];
  let state = startState(golden);
  const [rows, columns] = x.shape;
  const classes = state.bias.size;
  const gradient = softmaxGradient(state, x, labels);
  const logits = linearLogits(x, state);
  golden.expectClose('out/logits', values(logits), [rows, classes]);
  golden.expectClose('out/loss', values(gradient.loss), []);
  golden.expectClose('grad/weight', torchLayout(gradient.weight), [classes, columns]);
  golden.expectClose('grad/bias', values(gradient.bias), [classes]);
  dispose({ ...gradient, logits });
  const [losses, weights, biases] = [[] as number[], [] as number[], [] as number[]];
  const steps = golden.args['steps'] as number;
  for (let step = 0; step < steps; step++) {
    const next = softmaxStep(state, x, labels, sgdOptions(golden));
    losses.push(...values(next.loss));
    weights.push(...torchLayout(next.state.weight));
    biases.push(...values(next.state.bias));
    dispose([next.loss, ...tensorsOf(state)]);
    state = next.state;
  }
  golden.expectClose('out/losses', losses, [steps]);
  golden.expectClose('after/weight', weights, [steps, classes, columns]);
  golden.expectClose('after/bias', biases, [steps, classes]);
  golden.expectClose(
    'out/prediction',
    tidy(() => values(argMax(linearLogits(x, state), 1))),
    [rows],
  );
  dispose([x, labels, ...tensorsOf(state)]);
  expect(memory().numTensors).toBe(before);
});

test.each(goldenCases('evaluation/probe/logistic'))('$name', (golden) => {
  const before = memory().numTensors;
  const [x, labels] = [matrix(golden, 'in/x'), tensor1d(classNumbers(golden), 'int32')];
  let model = { weight: vector(golden, 'in/weight'), bias: scalar(numbers(golden, 'in/bias')[0]!) };
  const [rows, columns] = x.shape;
  const gradient = binaryLogisticGradient(model, x, labels);
  const probability = binaryProbability(x, model);
  golden.expectClose('out/probability', values(probability), [rows]);
  golden.expectClose('out/loss', values(gradient.loss), []);
  golden.expectClose('grad/weight', values(gradient.weight), [columns]);
  golden.expectClose('grad/bias', values(gradient.bias), []);
  dispose({ ...gradient, probability });
  const [losses, weights, biases] = [[] as number[], [] as number[], [] as number[]];
  const { lr, steps } = golden.args as { lr: number; steps: number };
  for (let step = 0; step < steps; step++) {
    const next = binaryLogisticStep(model, x, labels, lr);
    losses.push(...values(next.loss));
    weights.push(...values(next.model.weight));
    biases.push(...values(next.model.bias));
    dispose([next.loss, ...tensorsOf(model)]);
    model = next.model;
  }
  golden.expectClose('out/losses', losses, [steps]);
  golden.expectClose('after/weight', weights, [steps, columns]);
  golden.expectClose('after/bias', biases, [steps]);
  dispose([x, labels, ...tensorsOf(model)]);
  expect(memory().numTensors).toBe(before);
});

const optima = [...goldenCases('evaluation/probe/optimum-c1'), ...goldenCases('evaluation/probe/optimum-c0.1')];
test.each(
  optima.flatMap((golden) => [2 ** 24, 100].map((chunkValues) => ({ golden, chunkValues, name: golden.name }))),
)('$name in chunks of $chunkValues numbers', async ({ golden, chunkValues }) => {
  const x = features(golden, 'in/x');
  const [rows, columns] = x.shape;
  const classes = golden.tensor('out/bias').shape[0]!;
  const before = memory().numTensors;
  const options = { inverseRegularisation: golden.args['C'] as number, gradientTolerance: 1e-6, chunkValues };
  const model = await logisticRegression({ ...x, labels: classNumbers(golden) }, classes, options);
  expect(model.convergence.reason).toBe('converged');
  const weight = Array.from({ length: classes * columns }, (_, i) => {
    return model.weight[(i % columns) * classes + Math.floor(i / columns)]!;
  });
  golden.expectClose('out/weight', weight, [classes, columns]);
  golden.expectClose('out/bias', model.bias, [classes]);
  golden.expectClose('out/objective', [model.objective], []);
  golden.expectClose('out/probability', logisticProbabilities(model, x, chunkValues), [rows, classes]);
  const ranking = rankClasses(logisticScores(model, x, chunkValues), classes);
  golden.expectClose('out/prediction', firstClasses(ranking, classes), [rows]);
  expect(memory().numTensors).toBe(before);
});

test.each(goldenCases('evaluation/probe/standard-scaler'))('$name', (golden) => {
  const [train, other] = [features(golden, 'in/x'), features(golden, 'in/x_test')];
  const scaler = fitStandardScaler(train);
  golden.expectClose('out/mean', scaler.mean, [train.shape[1]]);
  golden.expectClose('out/scale', scaler.scale, [train.shape[1]]);
  golden.expectClose('out/train', standardiseRows(scaler, train), train.shape);
  golden.expectClose('out/test', standardiseRows(scaler, other), other.shape);
});

const batchNormCases = [
  ...goldenCases('evaluation/probe/batchnorm-eps-1e-6'),
  ...goldenCases('evaluation/probe/batchnorm-eps-1e-5'),
];
test.each(batchNormCases)('$name', (golden) => {
  const before = memory().numTensors;
  const { eps: epsilon, bn_momentum: momentum } = golden.args as { eps: number; bn_momentum: number };
  const [steps, rows, columns] = golden.tensor('in/x').shape as [number, number, number];
  const state = { current: startState(golden) };
  const classes = state.current.bias.size;
  let running = {
    mean: tensor1d(new Float32Array(columns)),
    variance: tensor1d(new Float32Array(columns).fill(1)),
  };
  const after: Record<string, number[]> = { losses: [], weight: [], bias: [], mean: [], variance: [] };
  for (let step = 0; step < steps; step++) {
    const part = <T extends Float32Array | Int32Array>(data: T, size: number) =>
      data.subarray(step * size, (step + 1) * size) as T;
    const x = tensor2d(part(numbers(golden, 'in/x'), rows * columns), [rows, columns]);
    const labels = tensor1d(part(classNumbers(golden), rows), 'int32');
    const normalised = probeBatchNormTrain(x, running, { epsilon, momentum });
    if (step === 0) expectFirstStep(golden, normalised.y, softmaxGradient(state.current, normalised.y, labels));
    const next = softmaxStep(state.current, normalised.y, labels, sgdOptions(golden));
    dispose([x, labels, normalised.y, ...tensorsOf(running), ...tensorsOf(state.current)]);
    running = normalised.running;
    state.current = next.state;
    after['losses']!.push(...values(next.loss));
    after['weight']!.push(...torchLayout(next.state.weight));
    after['bias']!.push(...values(next.state.bias));
    after['mean']!.push(...values(running.mean));
    after['variance']!.push(...values(running.variance));
    next.loss.dispose();
  }
  golden.expectClose('out/losses', after['losses']!, [steps]);
  golden.expectClose('after/weight', after['weight']!, [steps, classes, columns]);
  golden.expectClose('after/bias', after['bias']!, [steps, classes]);
  golden.expectClose('after/running_mean', after['mean']!, [steps, columns]);
  golden.expectClose('after/running_var', after['variance']!, [steps, columns]);
  const evaluation = matrix(golden, 'in/x_eval');
  const standardised = probeBatchNormEval(evaluation, running, epsilon);
  golden.expectClose('out/standardised_eval', values(standardised), evaluation.shape);
  const logits = linearLogits(standardised, state.current);
  golden.expectClose('out/logits_eval', values(logits), [evaluation.shape[0], classes]);
  dispose([evaluation, standardised, logits, ...tensorsOf(running), ...tensorsOf(state.current)]);
  expect(memory().numTensors).toBe(before);
});

function expectFirstStep(golden: GoldenCase, y: Tensor2D, gradient: ReturnType<typeof softmaxGradient>): void {
  golden.expectClose('out/standardised', values(y), y.shape);
  golden.expectClose('grad/weight', torchLayout(gradient.weight), [gradient.bias.size, y.shape[1]]);
  golden.expectClose('grad/bias', values(gradient.bias), [gradient.bias.size]);
  dispose({ ...gradient });
}
