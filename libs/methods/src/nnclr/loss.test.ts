import { grads, memory, mul, type Tensor, tensor, type Tensor2D, tidy, reverse } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';

import { numericGradient, ShapeError } from '#lib/tensor';

import { ntXentLoss, ntXentQueueLoss } from '../nt-xent.ts';

import { matchAccuracy, nnclrLoss } from './loss.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const values = (seed: number, rows = 4, columns = 5) =>
  tensor(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * seed)),
    [rows, columns],
  ) as Tensor2D;
const value = (x: Tensor) => x.dataSync()[0] as number;
const basis = () => tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]) as Tensor2D;

test('is small when each neighbour points to its own prediction, large when it points to another', () => {
  tidy(() => {
    expect(value(nnclrLoss(basis(), basis(), 0.1))).toBeCloseTo(Math.log(1 + 2 * Math.exp(-10)), 6);
    expect(value(nnclrLoss(basis(), reverse(basis(), 0), 0.1))).toBeGreaterThan(6);
    expect(value(matchAccuracy(basis(), mul(basis(), 7)))).toBe(1);
    expect(value(matchAccuracy(basis(), reverse(basis(), 0)))).toBeCloseTo(1 / 3, 6);
  });
});

test('is symmetric in neighbours and predictions, and blind to their lengths', () => {
  tidy(() => {
    const [n, p] = [values(1), values(2)];
    const loss = value(nnclrLoss(n, p, 0.2));
    expect(value(nnclrLoss(p, n, 0.2))).toBeCloseTo(loss, 5);
    expect(value(nnclrLoss(mul(n, 9), mul(p, 0.1), 0.2))).toBeCloseTo(loss, 5);
  });
});

test('knows nothing when all similarities are equal: log N, and log (2N − 1) for NT-Xent', () => {
  tidy(() => {
    const same = tensor(new Float32Array(12).fill(1), [4, 3]) as Tensor2D;
    expect(value(nnclrLoss(same, same, 0.1))).toBeCloseTo(Math.log(4), 5);
    expect(value(ntXentLoss(same, same, 0.1))).toBeCloseTo(Math.log(7), 5);
    expect(value(ntXentQueueLoss(same, same, mul(same, 1 / Math.sqrt(3)), 0.1))).toBeCloseTo(Math.log(5), 5);
  });
});

test.each([
  ['nnclrLoss', (x: Tensor2D) => nnclrLoss(values(2), x, 0.5)],
  ['ntXentLoss', (x: Tensor2D) => ntXentLoss(x, values(2), 0.5)],
  ['ntXentQueueLoss', (x: Tensor2D) => ntXentQueueLoss(x, values(2), values(3, 6), 0.5)],
])('gradient of %s matches finite differences', (_, loss) => {
  tidy(() => {
    const [gradient] = grads((x: Tensor) => loss(x as Tensor2D))([values(1)]) as [Tensor];
    const want = numericGradient((x) => loss(x as Tensor2D), values(1));
    gradient.dataSync().forEach((got, i) => expect(Math.abs(got - want[i]!)).toBeLessThan(2e-3));
  });
});

test('throws ShapeError naming what arrived', () => {
  tidy(() => {
    const wrong = values(1, 3);
    expect(() => nnclrLoss(values(1), wrong, 0.1)).toThrow(ShapeError);
    expect(() => nnclrLoss(values(1), wrong, 0.1)).toThrow('[4,5] and [3,5]');
    expect(() => matchAccuracy(values(1), wrong)).toThrow(/matchAccuracy: .*\[3,5\]/);
    expect(() => ntXentLoss(values(1), wrong, 0.1)).toThrow('[4,5] and [3,5]');
    expect(() => ntXentQueueLoss(values(1), values(2), values(3, 6, 4), 0.1)).toThrow('[K, 5], got [6,4]');
  });
});
