import { cos, fill, grads, range, reshape, type Tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { geluExact } from '#lib/tensor';

import { scopeOf } from '../module.ts';

import { attention } from './attention.ts';
import { batchNorm } from './batch-norm.ts';
import { conv2d } from './conv2d.ts';
import { linear } from './linear.ts';
import { globalAvgPool } from './pooling.ts';
import { sinCosPositions } from './position-embedding.ts';

const empty = scopeOf({}, false);

test.each([
  ['linear', linear({ in: 4, out: 2 }), [2, 3], 'linear: x must be [..., 4], got [2,3]'],
  ['conv2d', conv2d({ in: 3, out: 2, kernel: 3 }), [1, 4, 4, 1], 'conv2d: x must be [N, H, W, 3], got [1,4,4,1]'],
  ['batchNorm', batchNorm({ size: 3 }), [2, 2], 'batchNorm: x must be [..., 3], got [2,2]'],
  ['attention', attention({ size: 4, heads: 2 }), [2, 4], 'attention: x must be [N, L, 4], got [2,4]'],
  ['globalAvgPool', globalAvgPool, [2, 4], 'globalAvgPool: x must be [N, H, W, C], got [2,4]'],
] as const)('%s rejects another shape, naming what it needs and what arrived', (_, module, shape, message) => {
  tidy(() => {
    expect(() => module.forward(empty, zeros([...shape]))).toThrow(message);
  });
});

test('heads that do not divide the width, and a width that positions can’t fill, are refused with the numbers', () => {
  expect(() => attention({ size: 10, heads: 4 })).toThrow("4 heads don't divide the width 10");
  expect(() => sinCosPositions({ size: 6, rows: 1, columns: 1, classToken: false })).toThrow('multiple of 4, got 6');
});

test('batch norm in evaluation reads the running statistics and writes nothing', () => {
  tidy(() => {
    const module = batchNorm({ size: 1, affine: false, epsilon: 0 });
    const scope = scopeOf({ running_mean: fill([1], 3), running_var: fill([1], 4) }, false);
    expect([...module.forward(scope, fill([1, 1], 7)).dataSync()]).toEqual([2]);
    expect(scope.written).toEqual({});
  });
});

test.each([
  [32, 3, 1, 1],
  [7, 3, 2, 1],
  [8, 3, 2, 1],
  [9, 7, 2, 3],
  [5, 1, 2, 0],
])('a side of %i under a kernel of %i, stride %i, padding %i has torch’s size', (side, kernel, stride, padding) => {
  tidy(() => {
    const module = conv2d({ in: 1, out: 1, kernel, stride, padding, bias: false });
    const scope = scopeOf({ weight: fill([kernel, kernel, 1, 1], 1) }, false);
    const want = Math.floor((side + 2 * padding - kernel) / stride) + 1;
    expect(module.forward(scope, fill([1, side, side, 1], 1)).shape).toEqual([1, want, want, 1]);
  });
});

// Without the detour of conv2d, oneDNN writes past its workspace here: a crash, a hang or wrong gradients, by processor.
test.each([
  [3, 64],
  [4, 64],
  [8, 33],
])('a strided 1×1 convolution of %i channels at a side of %i has the right gradients', (channels, side) => {
  tidy(() => {
    const [batch, out, stride] = [8, 16, 2];
    const wave = (...shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return reshape(cos(range(0, size)), shape);
    };
    const module = conv2d({ in: channels, out, kernel: 1, stride, bias: false });
    const x = wave(batch, side, side, channels);
    const weight = wave(1, 1, channels, out);
    const forward = (x: Tensor, weight: Tensor) => module.forward(scopeOf({ weight }, true), x);
    const dy = wave(...forward(x, weight).shape);
    const [dx, dWeight] = grads(forward)([x, weight], dy) as [Tensor, Tensor];

    const [xs, weights, dys] = [x, weight, dy].map((tensor) => tensor.dataSync()) as Float32Array[];
    const wantDx = new Float32Array(xs!.length);
    const wantDWeight = new Float64Array(weights!.length);
    const outSide = dy.shape[1]!;
    for (let pixel = 0; pixel < batch * outSide * outSide; pixel++) {
      const [column, row, image] = [
        pixel % outSide,
        Math.floor(pixel / outSide) % outSide,
        Math.floor(pixel / outSide ** 2),
      ];
      const source = ((image * side + row * stride) * side + column * stride) * channels;
      for (let c = 0; c < channels; c++)
        for (let o = 0; o < out; o++) {
          const d = dys![pixel * out + o]!;
          wantDx[source + c]! += d * weights![c * out + o]!;
          wantDWeight[c * out + o]! += d * xs![source + c]!;
        }
    }
    expect(largestDifference(dx.dataSync(), wantDx)).toBeLessThan(1e-4);
    expect(largestDifference(dWeight.dataSync(), wantDWeight)).toBeLessThan(1e-2);
  });
});

function largestDifference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(got[i]! - want[i]!));
  return largest;
}

test.each([true, false])('a linear layer applies its activation with a bias (%s) and without', (bias) => {
  tidy(() => {
    const options = { in: 3, out: 2, bias };
    const weights = { weight: reshape(range(-3, 3), [3, 2]), bias: fill([2], 0.5) };
    const scope = scopeOf(weights, false);
    const x = reshape(cos(range(0, 12)), [4, 3]);
    const plain = linear(options).forward(scope, x);
    const activated = linear({ ...options, activation: 'gelu' }).forward(scope, x);
    const wanted = geluExact(plain).dataSync();
    for (const [i, value] of activated.dataSync().entries()) expect(value).toBeCloseTo(wanted[i]!, 6);
  });
});
