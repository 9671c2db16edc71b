import { createHash } from 'node:crypto';

import { add, addN, matMul, mul, square, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { buildStep, type StepFunction, type TensorSpec } from './index.ts';
import { wave } from './tiny-training.fixture.ts';

const side = 96;
const replays = 400;

/** Sums of three of which two are read elsewhere too, so that whether their memory can be reused depends on time. */
const sums =
  (total: (a: Tensor, b: Tensor, c: Tensor) => Tensor): StepFunction =>
  (_state, { x }) => {
    const outputs: Record<string, Tensor> = {};
    for (let i = 0; i < 12; i++) {
      const [a, b, c] = [1, 3, 1e4].map((size) => matMul(mul(x!, size + i) as Tensor2D, x as Tensor2D));
      outputs[`total${i}`] = total(a!, b!, c!);
      outputs[`others${i}`] = add(matMul(square(a!) as Tensor2D, x as Tensor2D), square(b!));
    }
    return { state: {}, outputs };
  };

test.each<[string, (a: Tensor, b: Tensor, c: Tensor) => Tensor]>([
  ['sums of sums', (a, b, c) => add(add(a, b), c)],
  ['sums of many', (a, b, c) => addN([a, b, c])],
])('%s have the same bits at every replay, whichever thread is faster', (_name, total) => {
  const inputs: Record<string, TensorSpec> = { x: { shape: [side, side], dtype: 'float32' } };
  const step = buildStep(sums(total), { state: {}, inputs, engine: 'captured' });
  const x = wave(side * side, 1);
  const hash = (values: Float32Array) => createHash('sha256').update(values).digest('hex');
  const bits = () => Object.values(step.run({ x })).map(hash);
  const first = bits();
  for (let replay = 0; replay < replays; replay++) expect(bits()).toEqual(first);
  step.dispose();
});
