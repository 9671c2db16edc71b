import { grad, logSoftmax, softmax, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { crossEntropy, geluExact, l2Normalize } from './index.ts';

const read = (golden: GoldenCase, name: string, dtype: 'float32' | 'int32' = 'float32'): Tensor => {
  const { data, shape } = golden.tensor(name);
  return tensor(data as Float32Array, shape, dtype);
};
const compare = (golden: GoldenCase, name: string, got: Tensor) => golden.expectClose(name, got.dataSync(), got.shape);

test.each(goldenCases('layers/gelu-exact'))('$name', (golden) => {
  tidy(() => {
    const x = read(golden, 'in/x');
    compare(golden, 'out/y', geluExact(x));
    compare(golden, 'grad/x', grad(geluExact)(x));
  });
});

test.each(goldenCases('layers/softmax-cross-entropy-normalize'))('$name', (golden) => {
  tidy(() => {
    const [x, labels] = [read(golden, 'in/x'), read(golden, 'in/labels', 'int32')];
    compare(golden, 'out/softmax', softmax(x));
    compare(golden, 'out/log_softmax', logSoftmax(x));
    compare(golden, 'out/loss', crossEntropy(x, labels));
    compare(golden, 'grad/x', grad((logits: Tensor) => crossEntropy(logits, labels))(x));
    compare(golden, 'out/normalized', l2Normalize(x));
  });
});
