import {
  abs,
  add,
  addN,
  argMax,
  avgPool,
  broadcastTo,
  cast,
  clipByValue,
  concat,
  conv2d,
  cumsum,
  depthwiseConv2d,
  div,
  elu,
  erf,
  expandDims,
  fill,
  gather,
  grad,
  greater,
  image,
  log1p,
  logicalAnd,
  logSoftmax,
  logSumExp,
  matMul,
  max,
  maximum,
  maxPool,
  mean,
  mirrorPad,
  moments,
  mul,
  neg,
  norm,
  oneHot,
  onesLike,
  pad,
  pow,
  prod,
  range,
  type Rank,
  relu,
  reshape,
  reverse,
  rsqrt,
  sigmoid,
  slice,
  softmax,
  softplus,
  split,
  sqrt,
  square,
  squeeze,
  stack,
  sub,
  sum,
  tanh,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  type Tensor4D,
  tile,
  topk,
  transpose,
  unstack,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { buildStep, type StepFunction } from './index.ts';
import { wave } from './tiny-training.fixture.ts';

const images = (x: Tensor2D): Tensor4D => reshape(x, [2, 4, 4, 3]);
const kernel = (x: Tensor2D): Tensor4D => reshape(slice(x, [0, 0], [3, 12]), [3, 3, 2, 2]);
const rows = () => tensor1d([2, 0, 2], 'int32');

/** Functions of x [8, 12]. */
const functions: Record<string, (x: Tensor2D) => Tensor> = {
  abs,
  addN: (x) => addN([x, square(x), x]),
  avgPool: (x) => avgPool(images(x), 2, 2, 'valid'),
  broadcastTo: (x) => broadcastTo(reshape(x, [1, 8, 12]), [2, 8, 12]),
  clipByValue: (x) => clipByValue(x, -0.2, 0.3),
  concat: (x) => concat([x, neg(x)], 1),
  conv2d: (x) => conv2d(slice<Rank.R4, Tensor4D>(images(x), [0, 0, 0, 0], [2, 4, 4, 2]), kernel(x), 2, 'same'),
  cumsum: (x) => cumsum(x, 1),
  depthwiseConv2d: (x) =>
    depthwiseConv2d(slice<Rank.R4, Tensor4D>(images(x), [0, 0, 0, 0], [2, 4, 4, 2]), kernel(x), 1, 'same'),
  elu,
  erf,
  expandDims: (x) => squeeze(expandDims(x, 0)),
  gather: (x) => gather(x, rows()),
  'gather of columns': (x) => gather(x, rows(), 1),
  log1p: (x) => log1p(square(x)),
  logSoftmax,
  logSumExp: (x) => logSumExp(x, 1),
  matMul: (x) => matMul(x, x, false, true),
  'matMul of batches': (x) => matMul(reshape(x, [2, 4, 12]), reshape(x, [2, 4, 12]), true, false),
  max: (x) => max(x, 1),
  maximum: (x) => maximum(x, mul(x, x)),
  maxPool: (x) => maxPool(images(x), 3, 2, 'same'),
  mean: (x) => mean(x, 0),
  mirrorPad: (x) =>
    mirrorPad(
      x,
      [
        [1, 1],
        [0, 2],
      ],
      'reflect',
    ),
  moments: (x) => moments(x, 0).variance,
  norm: (x) => norm(x, 2, 1),
  pad: (x) =>
    pad(x, [
      [1, 0],
      [0, 2],
    ]),
  pow: (x) => pow(add(abs(x), 1), 1.5),
  prod: (x) => prod(x, 1),
  relu,
  resizeBilinear: (x) => image.resizeBilinear(images(x), [8, 8]),
  reverse: (x) => reverse(x, 1),
  rsqrt: (x) => rsqrt(add(square(x), 1)),
  sigmoid,
  softmax: (x) => softmax(x),
  softplus,
  split: (x) => split(x, 3, 1)[1]!,
  sqrt: (x) => sqrt(add(square(x), 1)),
  stack: (x) => stack([x, x], 1),
  tanh,
  tile: (x) => tile(x, [2, 1]),
  transpose: (x) => transpose(reshape(x, [2, 4, 12]), [2, 0, 1]),
  unstack: (x) => unstack(x, 1)[3]!,
  where: (x) => where(tensor1d([1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1], 'bool'), x, div(x, 2)),
  'constants of shapes': (x) => add(mul(x, onesLike(x)), add(zerosLike(x), fill([8, 12], 2))),
};
const withoutGradient: Record<string, (x: Tensor2D) => Tensor> = {
  argMax: (x) => argMax(x, 1),
  cast: (x) => cast(mul(x, 10), 'int32'),
  greater: (x) => greater(x, 0.1),
  logicalAnd: (x) => logicalAnd(greater(x, 0), greater(0.4, x)),
  oneHot: (x) => oneHot(argMax<Tensor1D>(x, 1), 12),
  range: (x) => add(range(0, 12), x),
  sub: (x) => sub(1, x),
  'topk values': (x) => topk(x, 3).values,
  'topk indices': (x) => topk(x, 2).indices,
};

function results(f: (x: Tensor2D) => Tensor, engine: 'captured' | 'eager'): Float32Array {
  const fn: StepFunction = (_, { x }) => ({ state: {}, outputs: { y: f(x as Tensor2D) } });
  const step = buildStep(fn, { engine, state: {}, inputs: { x: { shape: [8, 12], dtype: 'float32' } } });
  const { y } = step.run({ x: wave(96, 1) });
  step.dispose();
  return y!;
}

function agree(f: (x: Tensor2D) => Tensor): void {
  const [want, got] = [results(f, 'eager'), results(f, 'captured')];
  expect(got.length).toBe(want.length);
  want.forEach((value, i) =>
    expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(value))),
  );
}

test.each(Object.entries(functions))('%s and its gradient give recorded what they give eagerly', (_, f) => {
  agree(f);
  agree((x) => grad((value: Tensor) => sum(mul(f(value as Tensor2D), square(f(value as Tensor2D)))))(x));
});

test.each(Object.entries(withoutGradient))('%s gives recorded what it gives eagerly', (_, f) => agree(f));
