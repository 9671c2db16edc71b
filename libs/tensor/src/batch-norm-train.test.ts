import { getBackend, getKernel, grads, memory, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { composedBatchNormTrain } from './batch-norm-composed.ts';
import { batchNormKernel } from './batch-norm-kernel.ts';
import { batchNormTrain } from './batch-norm-train.ts';
import { withoutOwnKernels } from './without-own-kernels.ts';

const wave = (shape: number[], phase: number): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(2.3 * i + phase) + 1),
    shape,
  );
};

test('the native backend has the fused kernel', () => {
  expect(getKernel(batchNormKernel, getBackend())).toBeDefined();
});

test.each([[[6, 5]], [[2, 3, 5]], [[2, 3, 4, 5]]])(
  "TensorFlow's fused kernel agrees with the composed form on %j",
  (shape) => {
    const before = memory().numTensors;
    tidy(() => {
      const [x, gamma, beta, dy] = [wave(shape, 0), wave([5], 1), wave([5], 2), wave(shape, 3)];
      const resultsOf = (form: typeof batchNormTrain) => {
        const { y, mean, variance } = form(x, gamma, beta, 1e-3);
        const gradients = grads((a: Tensor, b: Tensor, c: Tensor) => form(a, b, c, 1e-3).y)([x, gamma, beta], dy);
        return [y, mean, variance, ...gradients].map((result) => ({ shape: result.shape, values: result.dataSync() }));
      };
      const results = withoutOwnKernels(() => [batchNormTrain, composedBatchNormTrain].map(resultsOf));
      for (const [i, fused] of results[0]!.entries()) {
        const composed = results[1]![i]!;
        expect(fused.shape).toEqual(composed.shape);
        for (const [k, value] of composed.values.entries()) expect(fused.values[k]).toBeCloseTo(value, 4);
      }
    });
    expect(memory().numTensors).toBe(before);
  },
);
