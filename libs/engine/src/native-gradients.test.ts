import { grad, relu, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { buildStep, type StepFunction } from './index.ts';

test('the gradient of relu is one operation, and 0 at 0', () => {
  const values = tidy(() => [...grad((x: Tensor) => relu(x))(tensor1d([-1, 0, 2]), tensor1d([5, 6, 7])).dataSync()]);
  expect(values).toEqual([0, 0, 7]);
  const operations = (fn: (x: Tensor, dy: Tensor) => Tensor) => {
    const step: StepFunction = (_, { x, dy }) => ({ state: {}, outputs: { y: fn(x!, dy!) } });
    const float = { shape: [3], dtype: 'float32' as const };
    const built = buildStep(step, { engine: 'captured', state: {}, inputs: { x: float, dy: float } });
    built.dispose();
    return built.info.operations;
  };
  expect(operations((x) => relu(x))).toBe(1);
  expect(operations((x, dy) => grad((value: Tensor) => relu(value))(x, dy))).toBe(2);
});
