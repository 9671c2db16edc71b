import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { Draws } from '#lib/sampling';

import { firstClasses, rankClasses } from './accuracy.ts';
import { type LabelledFeatures } from './features.ts';
import { logisticObjective } from './logistic-objective.ts';
import { logisticProbabilities, logisticRegression, logisticScores } from './logistic-regression.ts';
import { fitStandardScaler } from './standard-scaler.ts';

function clouds(rows: number, columns: number, labels: number[]): LabelledFeatures {
  const draws = new Draws({ seed: 3, purpose: 'logistic test' });
  const own = Int32Array.from({ length: rows }, (_, row) => labels[row % labels.length]!);
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    return draws.normal() + (own[Math.floor(at / columns)] === at % columns ? 1 : 0);
  });
  return { data, shape: [rows, columns], labels: own };
}

test('the gradient of the objective matches finite differences, whatever the chunks', () => {
  const { data, shape, labels } = clouds(12, 3, [0, 1, 2]);
  const draws = new Draws({ seed: 1, purpose: 'parameters' });
  const at = Float64Array.from({ length: 12 }, () => draws.normal());
  const before = memory().numTensors;
  for (const chunkValues of [9, 2 ** 20]) {
    const rows = ({ from, to }: { from: number; to: number }) => data.subarray(from * 3, to * 3);
    const objective = logisticObjective({ rows, shape, labels, classes: 3, decay: 0.1, chunkValues });
    const { gradient } = objective.evaluate(at);
    for (const [i, value] of at.entries()) {
      const h = 0.02; // float32 errors of 1e-7 / h stay below the error h² of the difference
      const difference =
        objective.evaluate(at.with(i, value + h)).value - objective.evaluate(at.with(i, value - h)).value;
      expect(gradient[i]).toBeCloseTo(difference / (2 * h), 4);
    }
    objective.dispose();
  }
  expect(memory().numTensors).toBe(before);
});

test('with two classes minimises C Σ log(1 + exp(−s w·x)) + ½|w|², as scikit-learn does', async () => {
  const train = clouds(40, 3, [0, 1]);
  const c = 0.5;
  const model = await logisticRegression(train, 2, { inverseRegularisation: c, gradientTolerance: 1e-7 });
  const w = [0, 1, 2].map((column) => model.weight[column * 2 + 1]! - model.weight[column * 2]!);
  const b = model.bias[1]! - model.bias[0]!;
  const gradient = [...w, 0];
  let objective = w.reduce((sum, value) => sum + value * value, 0) / 2;
  for (const [row, label] of train.labels.entries()) {
    const x = Array.from(train.data.subarray(row * 3, row * 3 + 3));
    const z = x.reduce((sum, value, i) => sum + value * w[i]!, b);
    const residual = 1 / (1 + Math.exp(-z)) - label;
    for (const [i, value] of [...x, 1].entries()) gradient[i]! += c * residual * value;
    objective += c * Math.log(1 + Math.exp(label === 1 ? -z : z));
  }
  for (const value of gradient) expect(value).toBeCloseTo(0, 4);
  expect(model.objective).toBeCloseTo(objective, 4);
});

test('a class without training rows gets probability 0 and is never predicted', async () => {
  const train = clouds(30, 4, [0, 2, 3]);
  const model = await logisticRegression(train, 5, { inverseRegularisation: 1 });
  expect(model.convergence.reason).toBe('converged');
  expect(Array.from(model.present)).toEqual([0, 2, 3]);
  const probabilities = logisticProbabilities(model, train);
  for (let row = 0; row < 30; row++) {
    const own = probabilities.subarray(row * 5, row * 5 + 5);
    expect([own[1], own[4]]).toEqual([0, 0]);
    expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  }
  const predicted = firstClasses(rankClasses(logisticScores(model, train), 5), 5);
  expect(predicted.every((label) => [0, 2, 3].includes(label))).toBe(true);
});

test('with a scaler, offsets and units of the features do not matter', async () => {
  const train = clouds(40, 3, [0, 1, 2]);
  const moved = { ...train, data: train.data.map((value, at) => value * [0.125, 8, 1][at % 3]! + 16) };
  const fit = async (features: LabelledFeatures) => {
    const model = await logisticRegression(features, 3, {
      inverseRegularisation: 1,
      gradientTolerance: 1e-6,
      scaler: fitStandardScaler(features),
    });
    return logisticProbabilities(model, features);
  };
  const [a, b] = [await fit(train), await fit(moved)];
  for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 3);
});

test('leaves no tensor behind, also when progress throws, and says how far it is', async () => {
  const train = clouds(20, 3, [0, 1, 2]);
  const before = memory().numTensors;
  const seen: number[] = [];
  const options = { inverseRegularisation: 1 };
  await logisticRegression(train, 3, { ...options, onProgress: (done) => seen.push(done) });
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(1);
  const stop = () => {
    throw new Error('stop');
  };
  await expect(logisticRegression(train, 3, { ...options, onProgress: stop })).rejects.toThrow('stop');
  expect(memory().numTensors).toBe(before);
});

test('refuses one class, a C that is not positive, and features of another width, naming them', async () => {
  const train = clouds(6, 3, [1]);
  const options = { inverseRegularisation: 1 };
  await expect(logisticRegression(train, 3, options)).rejects.toThrow(
    'all 6 labels are class 1, a classifier needs two',
  );
  const two = clouds(6, 3, [0, 1]);
  await expect(logisticRegression(two, 2, { inverseRegularisation: 0 })).rejects.toThrow('C is 0');
  const model = await logisticRegression(two, 2, options);
  expect(() => logisticScores(model, { data: new Float32Array(4), shape: [2, 2] })).toThrow(
    '3 features a row, these have 2',
  );
});
