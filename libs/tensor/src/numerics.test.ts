import { fill, grad, tensor, tensor1d, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';

import { UnlabelError } from '#lib/contracts';

import {
  batchNormTrain,
  broadcastBatch,
  crossEntropy,
  geluExact,
  l2Normalize,
  layerNorm,
  relu,
  ShapeError,
  softCrossEntropy,
  standardize,
} from './index.ts';

const values = (make: () => { dataSync(): ArrayLike<number> }): number[] =>
  tidy(() => [...Array.from(make().dataSync())]);

describe('batchNormTrain', () => {
  test('returns the mean and the biased variance of each channel', () => {
    tidy(() => {
      const { mean, variance } = batchNormTrain(
        tensor2d([
          [1, 10],
          [3, 10],
          [5, 40],
        ]),
        undefined,
        undefined,
        1e-5,
      );
      expect([...mean.dataSync()]).toEqual([3, 20]);
      expect(variance.dataSync()[0]).toBeCloseTo(8 / 3, 5);
      expect(variance.dataSync()[1]).toBeCloseTo(200, 3);
    });
  });
  test('keeps a constant channel finite', () => {
    // A GPU computes x · scale + offset: what is left is the rounding of 7 / √1e-5.
    for (const y of values(() => batchNormTrain(fill([4, 1], 7), undefined, undefined, 1e-5).y))
      expect(Math.abs(y)).toBeLessThan(1e-3);
  });
  test('rejects a batch of one value a channel and says what helps', () => {
    expect(() => standardize(tensor2d([[1, 2]]))).toThrow(/two values a channel, x is \[1,2\]/);
  });
  test('rejects a scale of another size, naming both', () => {
    tidy(() => {
      expect(() => batchNormTrain(zeros([4, 3]), zeros([2]), undefined, 1e-5)).toThrow(
        /gamma must be \[3\].*it is \[2\]/,
      );
    });
  });
});

describe('l2Normalize', () => {
  test('leaves a zero row zero, with a finite gradient', () => {
    expect(
      values(() =>
        l2Normalize(
          tensor2d([
            [0, 0],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual([0, 0, Math.fround(0.6), Math.fround(0.8)]);
    const gradient = values(() => grad((x) => l2Normalize(x))(zeros([1, 2])));
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});

describe('crossEntropy', () => {
  test('stays exact for logits that overflow exp', () => {
    const loss = (label: number) =>
      values(() => crossEntropy(tensor2d([[1000, 0, -1000]]), tensor1d([label], 'int32')))[0];
    expect(Math.abs(loss(0) as number)).toBe(0);
    expect(loss(2)).toBe(2000);
  });
  test('is log C for equal logits, and equals its soft form on one-hot targets', () => {
    expect(values(() => crossEntropy(zeros([3, 4]), tensor1d([0, 1, 2], 'int32')))[0]).toBeCloseTo(Math.log(4), 6);
    const logits = [[0.5, -1, 2]];
    const hard = values(() => crossEntropy(tensor2d(logits), tensor1d([2], 'int32')))[0] as number;
    expect(values(() => softCrossEntropy(tensor2d(logits), tensor2d([[0, 0, 1]])))[0]).toBeCloseTo(hard, 6);
  });
  test('rejects labels of another length, naming both shapes', () => {
    tidy(() => {
      expect(() => crossEntropy(zeros([3, 4]), tensor1d([0], 'int32'))).toThrow(/\[3,4\] and \[1\]/);
    });
    tidy(() => {
      expect(() => softCrossEntropy(zeros([3, 4]), zeros([3, 5]))).toThrow(ShapeError);
    });
  });
});

test('relu and geluExact have torch’s values at 0 and in the tails', () => {
  expect(values(() => relu(tensor1d([-1, 0, 2])))).toEqual([0, 0, 2]);
  expect(values(() => grad(relu)(tensor1d([-1, 0, 2])))).toEqual([0, 0, 1]);
  const [low, zero, one, high] = values(() => geluExact(tensor1d([-20, 0, 1, 20])));
  expect(Math.abs(low as number)).toBe(0);
  expect(zero).toBe(0);
  expect(one).toBeCloseTo(0.8413447, 6);
  expect(high).toBe(20);
});

test('layerNorm and broadcastBatch reject shapes that do not fit, as an UnlabelError', () => {
  tidy(() => {
    expect(() => layerNorm(zeros([2, 4]), zeros([4]), zeros([3]), 1e-6)).toThrow(/beta must be \[4\].*it is \[3\]/);
    expect(() => broadcastBatch(zeros([2, 4]), 3)).toThrow(UnlabelError);
    expect(() => broadcastBatch(tensor([1, 2]), 3)).toThrow(/first axis must be 1, got \[2\]/);
  });
});
