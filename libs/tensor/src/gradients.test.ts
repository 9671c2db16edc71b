import {
  backend,
  grad,
  memory,
  mul,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  tensor,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import {
  batchNormTrain,
  broadcastBatch,
  crossEntropy,
  geluExact,
  l2Normalize,
  layerNorm,
  meanOver,
  numericGradient,
  relu,
  rowMeans,
  softCrossEntropy,
  standardize,
  sumOver,
} from './index.ts';

/** Smooth values without ties, in about −2 … 2. */
const wave = (shape: number[], phase = 0): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(1.7 * i + phase + 0.1 * i * i)),
    shape,
  );
};
const [N, C] = [5, 4];
const gamma = () => wave([C], 1);
const beta = () => wave([C], 2);

const operations: Record<string, (x: Tensor) => Tensor> = {
  batchNormTrain: (x) => batchNormTrain(x, gamma(), beta(), 1e-3).y,
  'batchNormTrain in its scale': (x) =>
    batchNormTrain(wave([7, C]), reshape(rowMeans(transpose(x)), [C]), beta(), 1e-3).y,
  'batchNormTrain without scale and shift': (x) => standardize(x),
  'batchNormTrain of images': (x) => batchNormTrain(reshape(x, [1, 1, N, C]), gamma(), beta(), 1e-3).y,
  broadcastBatch: (x) => broadcastBatch(reshape(x, [1, N, C]), 3),
  crossEntropy: (x) => crossEntropy(x, tensor([0, 3, 1, 1, 2], [N], 'int32')),
  softCrossEntropy: (x) => softCrossEntropy(x, softmax(wave([N, C]))),
  geluExact,
  l2Normalize: (x) => l2Normalize(x),
  'l2Normalize of columns': (x) => l2Normalize(x, 0),
  'l2Normalize below epsilon': (x) => l2Normalize(x, -1, 100),
  layerNorm: (x) => layerNorm(x, gamma(), beta(), 1e-3),
  'layerNorm in its scale': (x) => layerNorm(wave([6, C]), sumOver(x, [0]), beta(), 1e-3),
  'layerNorm in its shift': (x) => layerNorm(wave([6, C]), gamma(), sumOver(x, [0]), 1e-3),
  'meanOver of all': (x) => mul(meanOver(x), meanOver(x)),
  relu,
  rowMeans,
  'sumOver of rows': (x) => sumOver(x, [0], true),
  'sumOver of the last axis': (x) => sumOver(x, [-1]),
};

let before = 0;
beforeEach(() => void (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

describe.each(Object.entries(operations))('%s', (_, operation) => {
  /** A scalar that weighs each number of the result differently. */
  const weighed = (x: Tensor) => {
    const y = operation(x);
    return sum(mul(y, wave(y.shape, 3)));
  };

  test('has the gradient that finite differences give', () => {
    tidy(() => {
      const x = wave([N, C], 0.4);
      const got = grad(weighed)(x).dataSync();
      const want = numericGradient(weighed, x);
      for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 1.7);
    });
  });

  test('leaves only its result behind', () => {
    const x = wave([N, C], 0.4);
    const inputs = memory().numTensors;
    const gradient = tidy(() => grad(weighed)(x));
    expect(memory().numTensors).toBe(inputs + 1);
    x.dispose();
    gradient.dispose();
  });
});

test('no operation uploads an array of the size of its input, forward or backward', () => {
  tidy(() => {
    const rows = 64;
    const [x, dy] = [wave([rows, C]), wave([rows, C], 1)];
    const uploaded = vi.spyOn(backend(), 'write');
    const wide: ((x: Tensor) => Tensor)[] = [
      (value) => standardize(value),
      geluExact,
      relu,
      (value) => l2Normalize(value),
      (value) => mul(value, meanOver(value)),
      (value) => mul(value, rowMeans(value)),
      (value) => reshape(slice(broadcastBatch(reshape(value, [1, rows, C]), 2), [1, 0, 0], [1, rows, C]), [rows, C]),
    ];
    for (const operation of wide) grad(operation)(x, dy);
    const sizes = uploaded.mock.calls.map(([values]) => (values as { length: number } | null)?.length ?? 0);
    uploaded.mockRestore();
    expect(Math.max(...sizes)).toBeLessThan(rows);
  });
});
