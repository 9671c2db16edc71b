import fc from 'fast-check';
import { expect, test } from 'vitest';

import { epochOrder, locateSample, shardStarts } from './epoch-order.ts';

const shards = fc.array(fc.nat({ max: 20 }), { maxLength: 12 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test('visits every sample once, for any shards, seed, epoch and group', () => {
  fc.assert(
    fc.property(
      shards,
      fc.maxSafeNat(),
      fc.nat(),
      fc.integer({ min: 1, max: 15 }),
      (shardSamples, seed, epoch, groupShards) => {
        const order = epochOrder({ shardSamples, seed, epoch, groupShards });
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: sum(shardSamples) }, (_, i) => i));
      },
    ),
  );
});

test('a block no longer than a group touches the shards of two groups at most', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.nat({ max: 99 }), (seed, groupShards, at) => {
      const shardSamples = new Array<number>(12).fill(10);
      const order = epochOrder({ shardSamples, seed, epoch: 0, groupShards });
      const block = order.subarray(at, at + groupShards * 10);
      expect(new Set([...block].map((sample) => Math.floor(sample / 10))).size).toBeLessThanOrEqual(2 * groupShards);
    }),
  );
});

test('differs from epoch to epoch and seed to seed, and not from call to call', () => {
  const order = (seed: number, epoch: number) =>
    epochOrder({ shardSamples: [50, 50, 50], seed, epoch, groupShards: 2 }).join();
  expect(order(1, 1)).toBe(order(1, 1));
  expect(new Set([order(1, 0), order(1, 1), order(2, 0)]).size).toBe(3);
});

test('shuffles the samples of equal shards into different orders', () => {
  const order = epochOrder({ shardSamples: [40, 40], seed: 3, epoch: 0, groupShards: 1 });
  const within = (from: number) => [...order.subarray(from, from + 40)].map((sample) => sample % 40);
  expect(within(0)).not.toEqual(within(40));
  expect(within(0)).not.toEqual(within(0).sort((a, b) => a - b));
});

test('locates the shard and index of each sample, past empty shards', () => {
  fc.assert(
    fc.property(shards, (shardSamples) => {
      const starts = shardStarts(shardSamples);
      let sample = 0;
      for (const [shard, samples] of shardSamples.entries())
        for (let index = 0; index < samples; index++) expect(locateSample(starts, sample++)).toEqual({ shard, index });
      expect(() => locateSample(starts, sample)).toThrow(`sample ${sample}, the shards hold ${sample}`);
    }),
  );
});

test('refuses group sizes and counts that are not whole numbers, by value', () => {
  const options = { shardSamples: [1], seed: 0, epoch: 0, groupShards: 1 };
  expect(() => epochOrder({ ...options, groupShards: 0 })).toThrow('groupShards is 0');
  expect(() => epochOrder({ ...options, shardSamples: [3, -1] })).toThrow('shard 1 has -1 samples');
  expect(() => shardStarts([2 ** 32])).toThrow('4294967296 samples');
});
