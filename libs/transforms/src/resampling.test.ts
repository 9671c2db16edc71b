import fc from 'fast-check';
import { expect, test } from 'vitest';

import { resampling } from './resampling.ts';

const length = fc.integer({ min: 1, max: 70 });
const filter = fc.record({ interpolation: fc.constantFrom('bilinear', 'bicubic'), antialias: fc.boolean() } as const);

test('windows stay within the input and their weights sum to 1, for any lengths and filter', () => {
  fc.assert(
    fc.property(length, length, filter, (from, to, options) => {
      const { taps, starts, weights } = resampling(from, to, options);
      for (let i = 0; i < to; i++) {
        expect(starts[i]).toBeGreaterThanOrEqual(0);
        expect((starts[i] as number) + taps).toBeLessThanOrEqual(from);
        const sum = weights.subarray(i * taps, (i + 1) * taps).reduce((total, weight) => total + weight, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-6);
      }
    }),
  );
});

test('a line keeps its pixels exactly when its length stays', () => {
  fc.assert(
    fc.property(length, filter, (side, options) => {
      const { taps, starts, weights } = resampling(side, side, options);
      for (let i = 0; i < side; i++)
        for (let t = 0; t < taps; t++)
          expect(Math.abs(weights[i * taps + t] as number)).toBe((starts[i] as number) + t === i ? 1 : 0);
    }),
  );
});

test('antialiasing counts every pixel of a line that shrinks', () => {
  const { taps, starts, weights } = resampling(64, 4, { interpolation: 'bilinear', antialias: true });
  const seen = new Float32Array(64);
  for (let i = 0; i < 4; i++)
    for (let t = 0; t < taps; t++) seen[(starts[i] as number) + t]! += weights[i * taps + t] as number;
  expect(seen.every((weight) => weight > 0)).toBe(true);
});
