import { grad, memory, mul, sum, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { expectBothForms, noise, valueAndGradients } from './both-forms.fixture.ts';
import { attend, numericGradient, ShapeError } from './index.ts';

let before = 0;
beforeEach(() => void (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

/** Images, places, heads, numbers of a head: parts of vectors and whole ones, one head and more than there are threads. */
const sizes = fc.record({
  N: fc.integer({ min: 1, max: 5 }),
  L: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 90 })),
  heads: fc.integer({ min: 1, max: 5 }),
  d: fc.integer({ min: 1, max: 70 }),
});

test('attend gives the same value and gradient by own kernels and composed', () => {
  fc.assert(
    fc.property(sizes, fc.nat(1e6), ({ N, L, heads, d }, seed) =>
      expectBothForms(
        () => valueAndGradients((qkv) => attend(qkv!, heads), [noise([N, L, 3 * heads * d], seed)]),
        2 * Math.sqrt(d), // of a score's gradient
      ),
    ),
    { numRuns: 40 },
  );
});

test('attend has the gradient that finite differences give', () => {
  tidy(() => {
    const weighed = (qkv: Tensor) => {
      const y = attend(qkv, 2);
      return sum(mul(y, noise(y.shape, 7, 1)));
    };
    const qkv = noise([2, 3, 18], 4, 1);
    const got = grad(weighed)(qkv).dataSync();
    for (const [i, want] of numericGradient(weighed, qkv).entries()) expect(got[i]).toBeCloseTo(want, 2);
  });
});

test('a NaN in one image is a NaN in that image alone, as in the composed form', () => {
  expectBothForms(() => {
    const values = noise([3, 5, 24], 1).dataSync().slice();
    values[5 * 24 + 30] = NaN; // a key of the second image
    const made = valueAndGradients((qkv) => attend(qkv!, 2), [tensor(values, [3, 5, 24])]);
    const first = made[0]!.dataSync();
    expect(first.subarray(0, 40).some(Number.isNaN)).toBe(false);
    expect(first.subarray(40, 80).some(Number.isNaN)).toBe(true);
    expect(first.subarray(80).some(Number.isNaN)).toBe(false);
    return made;
  });
});

test('attend refuses a width that heads do not divide, and another rank, in words', () => {
  tidy(() => {
    expect(() => attend(noise([2, 3, 20], 1), 2)).toThrow(
      /attend: qkv must be \[N, L, 3 × 2 heads × d\], got \[2,3,20\]/,
    );
    expect(() => attend(noise([3, 24], 1), 2)).toThrow(ShapeError);
  });
});
