import { abs, add, greater, memory, mul, type Tensor, tensor, tidy, where, zerosLike } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { expectBothForms, expectClose, noise, shapes, valueAndGradients } from './both-forms.fixture.ts';
import {
  addBias,
  attend,
  batchNormTrain,
  biasGelu,
  hasOwnKernels,
  layerNorm,
  runOwnKernel,
  ShapeError,
  withoutOwnKernels,
} from './index.ts';

// On a GPU or an old processor there is one form, which then agrees with itself.

interface Operation {
  run: (...inputs: Tensor[]) => Tensor;
  /** shapes of what comes after x */
  more: (shape: number[]) => number[][];
  /** whether one NaN spoils a number, a row or a channel */
  spoils: 'number' | 'row' | 'channel';
}
const epsilon = 0.1; // so that a channel of two near values does not enlarge rounding
const channels = (shape: number[]) => [shape.at(-1) as number];
const operations: Record<string, Operation> = {
  addBias: { run: (x, bias) => addBias(x!, bias!), more: (shape) => [channels(shape)], spoils: 'number' },
  biasGelu: { run: (x, bias) => biasGelu(x!, bias!), more: (shape) => [channels(shape)], spoils: 'number' },
  layerNorm: {
    run: (x, gamma, beta) => layerNorm(x!, gamma!, beta!, epsilon),
    more: (shape) => [channels(shape), channels(shape)],
    spoils: 'row',
  },
  batchNormTrain: {
    run: (x, gamma, beta) => batchNormTrain(x!, gamma, beta, epsilon).y,
    more: (shape) => [channels(shape), channels(shape)],
    spoils: 'channel',
  },
  'batchNormTrain with relu': {
    run: (x, gamma, beta) => batchNormTrain(x!, gamma, beta, epsilon, { relu: true }).y,
    more: (shape) => [channels(shape), channels(shape)],
    spoils: 'channel',
  },
  'batchNormTrain with a residual': {
    run: (x, gamma, beta, residual) => batchNormTrain(x!, gamma, beta, epsilon, { residual }).y,
    more: (shape) => [channels(shape), channels(shape), shape],
    spoils: 'channel',
  },
  'batchNormTrain with a residual and relu': {
    run: (x, gamma, beta, residual) => batchNormTrain(x!, gamma, beta, epsilon, { residual, relu: true }).y,
    more: (shape) => [channels(shape), channels(shape), shape],
    spoils: 'channel',
  },
};

const inputsOf = ({ more }: Operation, shape: number[], seed: number) =>
  [shape, ...more(shape)].map((each, i) => noise(each, seed + i));
/** Batch statistics need two values. */
const rowsOf = (shape: number[]) => shape.slice(0, -1).reduce((product, side) => product * side, 1);
const arguments_ = fc.record({ shape: shapes.filter((shape) => rowsOf(shape) > 1), seed: fc.nat(1e6) });

let before = 0;
beforeEach(() => void (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

describe.each(Object.entries(operations))('%s', (name, operation) => {
  /** Nothing reaches back from where relu's input is so near to 0 that rounding decides on which side it is. */
  const dyOf = (inputs: Tensor[]) => (y: Tensor) => {
    if (!name.endsWith('relu')) return noise(y.shape, 99);
    const [x, gamma, beta, residual] = inputs as [Tensor, Tensor, Tensor, Tensor?];
    const edge = withoutOwnKernels(() => batchNormTrain(x, gamma, beta, epsilon, { residual }).y);
    return where(greater(abs(edge), 1e-4), noise(y.shape, 99), zerosLike(y));
  };

  test('gives the same value and gradients by own kernels and composed', () => {
    fc.assert(
      fc.property(arguments_, ({ shape, seed }) =>
        expectBothForms(
          () => {
            const inputs = inputsOf(operation, shape, seed);
            return valueAndGradients(operation.run, inputs, dyOf(inputs));
          },
          Math.sqrt(rowsOf(shape)),
        ),
      ),
      { numRuns: 30 },
    );
  });

  test('a NaN in the input is a NaN in all that depends on it, in gradients where the composed form has one', () => {
    fc.assert(
      fc.property(arguments_, fc.nat(1e6), ({ shape, seed }, place) => {
        expectBothForms(
          () => {
            const [x, ...more] = inputsOf(operation, shape, seed);
            const values = x!.dataSync().slice();
            const [at, width] = [place % values.length, shape.at(-1) as number];
            values[at] = NaN;
            const inputs = [tensor(values, shape), ...more];
            const made = valueAndGradients(operation.run, inputs, dyOf(inputs));
            const spoiled = made[0]!
              .dataSync<'float32'>()
              .reduce((count, value) => count + Number(Number.isNaN(value)), 0);
            expect(spoiled).toBe({ number: 1, row: width, channel: values.length / width }[operation.spoils]);
            return made;
          },
          Math.sqrt(rowsOf(shape)),
        );
      }),
      { numRuns: 15 },
    );
  });
});

test('batch statistics are those of the composed form, without scale and shift as well', () => {
  fc.assert(
    fc.property(arguments_, ({ shape, seed }) =>
      expectBothForms(() => {
        const { y, mean, variance } = batchNormTrain(noise(shape, seed), undefined, undefined, epsilon);
        return [y, mean, variance];
      }),
    ),
    { numRuns: 20 },
  );
});

test('batch statistics of channels far from zero keep their variance', () => {
  tidy(() => {
    const x = add(noise([4000, 3], 5, 1), 300);
    const { variance } = batchNormTrain(x, undefined, undefined, epsilon);
    for (const value of variance.dataSync()) expect(value).toBeCloseTo(1 / 3, 1.5);
  });
});

test('tails are as in the composed form: of attention up to weights of 0, of GELU up to where it is 0 or x', () => {
  expectBothForms(() => [attend(noise([3, 5, 12], 1, 30), 2), attend(noise([3, 5, 12], 2, 1e4), 4)]);
  expectBothForms(() => valueAndGradients((x) => biasGelu(x!, tensor([0, 1, -1])), [noise([200, 3], 1, 30)]));
});

describe('shapes that do not fit are refused in words', () => {
  test.each<[string, RegExp, () => unknown]>([
    [
      'addBias',
      /addBias: the bias must be \[3\], the last axis of x \[2,3\]; it is \[4\]/,
      () => addBias(of(2, 3), of(4)),
    ],
    ['biasGelu', /biasGelu: the bias must be \[3\].*it is \[1,3\]/, () => biasGelu(of(2, 3), of(1, 3))],
    ['layerNorm', /gamma must be \[3\].*it is \[2\]/, () => layerNorm(of(2, 3), of(2), of(3), epsilon)],
    [
      'batchNormTrain',
      /the residual must have x's shape \[2,3\]; it is \[3,2\]/,
      () => batchNormTrain(of(2, 3), of(3), of(3), epsilon, { residual: of(3, 2) }),
    ],
  ])('%s', (_, message, run) => {
    tidy(() => {
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(message);
    });
  });
  const of = (...shape: number[]) => noise(shape, 1);

  test('by a kernel itself as well', () => {
    const message = hasOwnKernels() ? /a bias must be as long as a row/ : /neither a type of a primitive operation/;
    tidy(() => {
      expect(() => runOwnKernel('UnlabelBias', { x: of(2, 3), bias: of(4) })).toThrow(message);
    });
  });
});

test('without own kernels, each is composed, and a failure puts them back', () => {
  const has = hasOwnKernels();
  withoutOwnKernels(() => expect(hasOwnKernels()).toBe(false));
  expect(() => withoutOwnKernels(() => expect(true).toBe(false))).toThrow();
  expect(hasOwnKernels()).toBe(has);
});

test('a kernel leaves its operands as they are, which others read too', () => {
  tidy(() => {
    const [x, bias] = [noise([40, 19], 1), noise([19], 2)];
    const kept = x.clone();
    expectClose([addBias(kept, bias), mul(x, 1)], [addBias(noise([40, 19], 1), bias), noise([40, 19], 1)]);
    valueAndGradients(
      (a, b) => biasGelu(a!, b!),
      [x, bias],
      () => kept,
    );
    expectClose([x, bias, kept], [noise([40, 19], 1), noise([19], 2), noise([40, 19], 1)]);
  });
});
