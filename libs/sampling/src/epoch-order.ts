import { UsageError } from '#lib/contracts';

import { Draws } from './draws.ts';

export interface EpochOrderOptions {
  /** Number of samples of each shard. */
  shardSamples: readonly number[];
  seed: number;
  epoch: number;
  /** Consecutive shuffled shards whose samples are shuffled together; all shards or more: a full shuffle. */
  groupShards: number;
}

/**
 * The order in which an epoch visits the samples: shards are shuffled, then samples within groups of `groupShards`
 * consecutive shuffled shards. A block of consecutive positions then touches few shards, and a worker that makes it reads
 * those alone.
 * @returns sample numbers (counted through the shards in their given order), one a position
 */
export function epochOrder({ shardSamples, seed, epoch, groupShards }: EpochOrderOptions): Uint32Array {
  if (!Number.isInteger(groupShards) || groupShards < 1)
    throw new UsageError(`epoch order: groupShards is ${groupShards}, expected a whole number of at least 1`);
  const starts = shardStarts(shardSamples);
  const order = new Uint32Array(starts.at(-1) as number);
  const shards = new Draws({ seed, purpose: 'order of shards', epoch }).permutation(shardSamples.length);
  let position = 0;
  for (let first = 0; first < shards.length; first += groupShards) {
    const from = position;
    for (const shard of shards.subarray(first, first + groupShards))
      for (let sample = starts[shard] as number; sample < (starts[shard + 1] as number); sample++)
        order[position++] = sample;
    const group = first / groupShards;
    new Draws({ seed, purpose: 'order of samples', epoch, sample: group }).shuffle(order.subarray(from, position));
  }
  return order;
}

/**
 * Number of the first sample of each shard, and the number of all samples at the end (one entry more than shards).
 * @throws UsageError for a count that isn't a whole number, or 2^32 samples or more
 */
export function shardStarts(shardSamples: readonly number[]): number[] {
  const starts = [0];
  for (const [shard, samples] of shardSamples.entries()) {
    if (!Number.isInteger(samples) || samples < 0)
      throw new UsageError(`epoch order: shard ${shard} has ${samples} samples, expected a whole number`);
    starts.push((starts[shard] as number) + samples);
  }
  if ((starts.at(-1) as number) >= 2 ** 32)
    throw new UsageError(`epoch order: ${starts.at(-1)} samples, at most 2^32 - 1 can be ordered`);
  return starts;
}

/** The shard that holds a sample number and the sample's index in it; `starts` from `shardStarts`. */
export function locateSample(starts: readonly number[], sample: number): { shard: number; index: number } {
  if (!(sample >= 0 && sample < (starts.at(-1) as number)))
    throw new UsageError(`epoch order: sample ${sample}, the shards hold ${starts.at(-1)}`);
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= sample) low = middle;
    else high = middle;
  }
  return { shard: low, index: sample - (starts[low] as number) };
}
