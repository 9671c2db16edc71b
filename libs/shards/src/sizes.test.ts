import fc from 'fast-check';
import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { samplesPerBlock, samplesPerSmallShard, shardSizes, shardSizesByBytes } from './sizes.ts';

test('shard sizes sum to the samples, differ by at most one, and are as few as allowed', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 5_000 }), (samples, largest) => {
      const sizes = shardSizes(samples, largest);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(samples);
      expect(sizes).toHaveLength(Math.ceil(samples / largest));
      if (sizes.length > 0) {
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(largest);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
      }
    }),
  );
  expect(() => shardSizes(10, 0)).toThrow(UsageError);
});

test('shards cut by bytes hold every file once, within the target unless one file alone exceeds it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100)), fc.integer({ min: 1, max: 150 }), (files, target) => {
      let at = 0;
      for (const size of shardSizesByBytes(files, target)) {
        expect(size).toBeGreaterThan(0);
        const bytes = files.slice(at, at + size).reduce((sum, file) => sum + file, 0);
        if (size > 1) expect(bytes).toBeLessThanOrEqual(target);
        at += size;
      }
      expect(at).toBe(files.length);
    }),
  );
});

test('a shard and a block hold as many samples as fit, and at least one', () => {
  expect(samplesPerSmallShard({ height: 32, width: 32, channels: 3 })).toBe(2730);
  expect(
    samplesPerBlock([
      { height: 32, width: 32, channels: 3 },
      { height: 32, width: 32, channels: 3 },
    ]),
  ).toBe(682);
  expect(samplesPerBlock([{ height: 4096, width: 4096, channels: 3 }])).toBe(1);
  expect(() => samplesPerBlock([])).toThrow(UsageError);
});
