import * as core from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { addBias, attend, batchNormTrain, biasGelu, hasOwnKernels, layerNorm, withoutOwnKernels } from '#lib/tensor';

import type { OpAttribute } from './binding.ts';
import { native, type StepFunction, traceStep } from './index.ts';
import { Operations, optimiserOperations } from './operations.fixture.ts';
import { override } from './override.ts';
import { inferShapes, type KnownTensor, ruledOperations } from './shape-rules.ts';
import { feed, tinyTraining } from './tiny-training.fixture.ts';

const { add, grad, mul, reshape, sum, tensor, tidy } = core;
type Tensor = core.Tensor;
type Tensor2D = core.Tensor2D;
type Tensor4D = core.Tensor4D;

/** Rules that were compared with TensorFlow's own answers, by operation. */
const compared = new Map<string, number>();
let undo = () => undefined as void;

/** Compares every operation that TensorFlow executes with its rule. */
beforeEach(() => {
  const { backend } = native();
  const real = backend.binding;
  const known = new Map<number, KnownTensor>();
  const createTensor = (shape: number[], dtype: number, values: ArrayBufferView) => {
    const id = real.createTensor(shape, dtype, values);
    const small = values.byteLength <= 256 && !(values instanceof BigInt64Array);
    known.set(id, { shape, dtype, values: small ? (values as Int32Array) : undefined });
    return id;
  };
  const executeOp = (name: string, attributes: OpAttribute[], inputs: number[], outputs: number) => {
    const made = real.executeOp(name, attributes, inputs, outputs);
    const given = inputs.map((id) => known.get(id));
    for (const { id, shape, dtype } of made) known.set(id, { shape, dtype });
    if (given.includes(undefined)) return made; // made before this test looked
    const attribute = (wanted: string) => attributes.find((each) => each.name === wanted)?.value;
    const ruled = inferShapes({ name, inputs: given as KnownTensor[], outputs, attribute });
    if (!ruled) return made;
    // the last outputs of these are the kernel's own, of a size that nobody reads
    const scratch = name === 'FusedBatchNormV3' ? 5 : name === 'FusedBatchNormGradV3' ? 3 : Infinity;
    expect(
      ruled.slice(0, scratch).map(({ shape, dtype }) => ({ shape, dtype })),
      name,
    ).toEqual(made.slice(0, scratch).map(({ shape, dtype }) => ({ shape, dtype })));
    compared.set(name, (compared.get(name) ?? 0) + 1);
    return made;
  };
  const passed: Record<string, unknown> = {};
  for (const key of Object.getOwnPropertyNames(real)) {
    const value: unknown = Reflect.get(real, key);
    passed[key] = typeof value === 'function' ? (value.bind(real) as unknown) : value;
  }
  undo = override(backend, { binding: { ...passed, createTensor, executeOp } as unknown as typeof real });
});
afterEach(() => undo());

const images = (x: Tensor) => reshape(x, [2, 4, 4, 3]) as Tensor4D;
const kernel = (x: Tensor) => reshape(core.slice(x, [0, 0], [3, 12]), [3, 3, 2, 2]) as Tensor4D;
const twoChannels = (x: Tensor) => core.slice(images(x), [0, 0, 0, 0], [2, 4, -1, 2]);

/** Functions of x [8, 12] with a gradient. */
const functions: Record<string, (x: Tensor) => Tensor> = {
  elementwise: (x) =>
    core.addN([core.sqrt(core.square(x)), core.abs(x), core.erf(x), core.exp(x), core.tanh(x), core.relu(x)]),
  'more elementwise': (x) =>
    core.addN([
      core.sigmoid(x),
      core.softplus(x),
      core.elu(x),
      core.neg(x),
      core.log1p(core.square(x)),
      core.rsqrt(add(core.square(x), 1)),
    ]),
  broadcasting: (x) =>
    core.maximum(core.div(mul(x, core.sum(x, 0)), add(core.square(core.sum(x, 1, true)), 1)), core.minimum(x, 0.1)),
  powers: (x) => core.pow(add(core.abs(x), 1), core.squaredDifference(core.max(x, 1, true), 1)),
  reductions: (x) => core.addN([core.mean(x, 0), core.max(x, [-2]), core.min(x, 0), core.sum(x, [0]), core.prod(x, 0)]),
  shapes: (x) => core.transpose(core.squeeze(core.expandDims(reshape(x, [2, 4, -1]), -2)), [2, 0, 1]),
  tiling: (x) =>
    core.pad(core.tile(core.broadcastTo(reshape(x, [1, 8, 12]), [2, 8, 12]), [1, 2, 1]), [
      [0, 1],
      [2, 0],
      [1, 1],
    ]),
  joining: (x) => core.concat([core.stack([x, x], -1), core.stack([x, core.neg(x)], 2)], -3),
  splitting: (x) => add(core.unstack(x, 1)[3] as Tensor, core.gather(x, core.tensor1d([1], 'int32'), 1)),
  multiplying: (x) => core.matMul(x as Tensor2D, x as Tensor2D, false, true),
  'multiplying stacks': (x) => core.matMul(reshape(x, [2, 4, 12]), reshape(x, [2, 4, 12]), true, false),
  convolving: (x) => core.conv2d(twoChannels(x) as Tensor4D, kernel(x), 2, 'same'),
  'convolving inside': (x) => core.conv2d(twoChannels(x) as Tensor4D, kernel(x), 1, 'valid'),
  pooling: (x) => add(core.maxPool(images(x), 3, 2, 'same'), core.avgPool(images(x), 2, 2, 'valid')),
  choosing: (x) =>
    core.where(
      core.greater(
        tensor(
          Float32Array.from({ length: 96 }, (_, i) => i % 3),
          [8, 12],
        ),
        1,
      ),
      x,
      core.softmax(x as Tensor2D),
    ),
  'batch norm': (x) => batchNormTrain(images(x), core.ones([3]), core.zeros([3]), 1e-5).y,
  'batch norm, a residual and relu': (x) => {
    const then = { residual: core.neg(images(x)), relu: true };
    return batchNormTrain(images(x), core.ones([3]), core.zeros([3]), 1e-5, then).y;
  },
  'layer norm': (x) => layerNorm(reshape(x, [2, 4, 12]), sum(x, 0), core.zeros([12]), 1e-5),
  biases: (x) => add(addBias(x, sum(x, 0)), biasGelu(x, sum(x, 0))),
  attention: (x) => attend(reshape(x, [2, 4, 12]), 2),
  'log softmax': (x) => core.logSoftmax(x as Tensor2D),
};

const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i));

test.each(Object.entries(functions))('%s: rules give the shapes and types that TensorFlow gives', (_, f) => {
  tidy(() => {
    const x = tensor(values, [8, 12]);
    f(x);
    grad((at: Tensor) => sum(mul(f(at), f(at))))(x);
    core.cast(core.logicalAnd(core.less(x, 0), core.notEqual(x, 1)), 'int32');
    for (const unary of [core.sign, core.floor, core.ceil, core.round, core.reciprocal, core.sin, core.cos, core.relu6])
      unary(x);
    core.cumsum(x, 1);
    core.reverse(x, 1);
    core.logicalOr(core.less(x, 0), core.logicalNot(core.equal(x, 1)));
    core.fill([2, 3], 1);
    core.all(core.greaterEqual(x, core.lessEqual(x, 0)));
  });
});

test('without own kernels, rules of batch norm give the shapes and types that TensorFlow gives', () => {
  const norm = (x: Tensor) => batchNormTrain(images(x), core.ones([3]), core.zeros([3]), 1e-5).y;
  withoutOwnKernels(() => tidy(() => grad(norm)(tensor(values, [8, 12]))));
});

test('rules of optimisers give the shapes and types that TensorFlow gives', () => {
  if (!hasOwnKernels()) return; // what stands for them has been compared above
  const operations = new Operations();
  tidy(() => {
    const [parameter, rate] = [operations.of(tensor(values, [8, 12])), operations.of(core.scalar(0.1))];
    for (const run of Object.values(optimiserOperations))
      run(operations, { parameter, gradient: parameter, slot: parameter, rate });
  });
  operations.dispose();
});

test('every rule was compared with TensorFlow, those of own kernels where there are some', () => {
  const here = ruledOperations.filter((name) => hasOwnKernels() || !name.startsWith('Unlabel'));
  expect(here.filter((name) => !compared.has(name))).toEqual([]);
});

test('a step is traced without memory: its batch may be one that no machine could hold', () => {
  undo();
  const { fn, state } = tinyTraining('adamw');
  const inputs = Object.fromEntries(
    Object.entries(feed(1)).map(([name, values]) => [
      name,
      {
        shape: values.length === 1 ? [] : [8, 6, 6, 3],
        dtype: name === 'x' ? ('uint8' as const) : ('float32' as const),
      },
    ]),
  );
  const shapes = Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));
  const small = traceStep({ fn, state: shapes, inputs });
  expect(small.state).toHaveLength(10);
  expect(small.operations.map(({ name }) => name)).toContain('Conv2DBackpropFilter');
  const square: StepFunction = (_, { x }) => ({ state: {}, outputs: { y: core.mean(core.square(x as Tensor)) } });
  const before = process.memoryUsage.rss();
  const huge = traceStep({
    fn: square,
    state: {},
    inputs: { x: { shape: [1 << 20, 32, 32], dtype: 'float32' } },
  });
  expect(huge.inputs).toEqual([{ id: expect.any(Number), bytes: 4 * 2 ** 30 }]);
  expect(huge.eagerPeakBytes).toBeGreaterThanOrEqual(8 * 2 ** 30);
  expect(process.memoryUsage.rss() - before).toBeLessThan(2e8);
});
