import { grads, memory, mul, sum, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { numericGradient } from '#lib/tensor';

import { keptPositions, spreadTokens, tokenRows } from './tokens.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const values = (shape: number[], seed: number) => {
  const size = shape.reduce((product, side) => product * side, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed)),
    shape,
  );
};
// Two images of 5 patches, 2 kept.
const kept = () => tensor([3, 0, 1, 4], [2, 2], 'int32');
const restore = () => tensor([1, 3, 2, 0, 4, 2, 0, 3, 4, 1], [2, 5], 'int32');

test('removed tokens get the filler, kept ones their place; the class token stays first', () => {
  tidy(() => {
    const tokens = tensor([1, 2, 3, 4], [2, 2, 1]);
    const filler = tensor([9], [1, 1, 1]);
    const full = spreadTokens(tokens, filler, tokenRows(kept(), restore(), false));
    expect([...full.dataSync()]).toEqual([2, 9, 9, 1, 9, 9, 3, 9, 9, 4]);
    const withClass = tensor([-1, 1, 2, -2, 3, 4], [2, 3, 1]);
    const all = spreadTokens(withClass, filler, tokenRows(kept(), restore(), true));
    expect([...all.dataSync()]).toEqual([-1, 2, 9, 9, 1, 9, -2, 9, 3, 9, 9, 4]);
  });
});

test.each([false, true])('gradients match finite differences (class token: %s)', (classToken) => {
  tidy(() => {
    const [K, R] = classToken ? [3, 6] : [2, 5];
    const rows = tokenRows(kept(), restore(), classToken);
    const [tokens, filler, weight] = [values([2, K, 3], 1), values([1, 1, 3], 2), values([2, R, 3], 3)];
    const loss = (x: Tensor, f: Tensor) => sum(mul(spreadTokens(x, f, rows), weight));
    const [dTokens, dFiller] = grads(loss)([tokens, filler]) as [Tensor, Tensor];
    expectClose(
      dTokens,
      numericGradient((x) => loss(x, filler), tokens),
    );
    expectClose(
      dFiller,
      numericGradient((f) => loss(tokens, f), filler),
    );
  });
});

test('gradients of position codes add up over the images that kept the patch', () => {
  tidy(() => {
    const rows = tokenRows(kept(), restore(), false);
    const [codes, weight] = [values([1, 5, 3], 4), values([2, 2, 3], 5)];
    const loss = (x: Tensor) => sum(mul(keptPositions(x, rows), weight));
    const [gradient] = grads(loss)([codes]) as [Tensor];
    expectClose(gradient, numericGradient(loss, codes));
    expect([...gradient.dataSync().slice(6, 9)]).toEqual([0, 0, 0]); // patch 2: removed in both images
  });
});

function expectClose(gradient: Tensor, want: Float32Array): void {
  gradient.dataSync().forEach((value, i) => expect(Math.abs(value - (want[i] as number))).toBeLessThan(1e-3));
}
