import { UsageError } from '#lib/contracts';

/** Large enough that a store answers in few requests, small enough that a worker holds several. */
const shardTargetBytes = 8 * 1024 * 1024;
/** "A few MB", design.md: a block is one object, one message and one read. */
const blockTargetBytes = 4 * 1024 * 1024;

export interface PixelSize {
  height: number;
  width: number;
  channels: number;
}

const bytesOf = ({ height, width, channels }: PixelSize): number => height * width * channels;

/** Samples a shard of small images holds at most. */
export function samplesPerSmallShard(size: PixelSize, targetBytes = shardTargetBytes): number {
  return Math.max(1, Math.floor(targetBytes / bytesOf(size)));
}

/** Samples a view block holds: chosen from the bytes of its views alone, never from the batch. */
export function samplesPerBlock(views: readonly PixelSize[], targetBytes = blockTargetBytes): number {
  const bytes = views.reduce((sum, size) => sum + bytesOf(size), 0);
  if (bytes === 0) throw new UsageError('samplesPerBlock: there must be a view with pixels');
  return Math.max(1, Math.floor(targetBytes / bytes));
}

/**
 * Cuts `samples` into as few shards as `largest` allows, whose sizes differ by at most one, so that groups of shards are alike.
 * @returns the sizes in order, larger ones first; their sum is `samples`
 */
export function shardSizes(samples: number, largest: number): number[] {
  if (!Number.isInteger(samples) || samples < 0 || !Number.isInteger(largest) || largest < 1)
    throw new UsageError(
      `shardSizes: ${samples} samples in shards of at most ${largest}: whole numbers, at least 0 and 1`,
    );
  const shards = Math.ceil(samples / largest);
  return Array.from({ length: shards }, (_, i) => Math.floor(samples / shards) + (i < samples % shards ? 1 : 0));
}

/**
 * Cuts files into consecutive shards of at most `targetBytes`; a file that is larger has a shard of its own.
 * @returns the number of files of each shard, in order
 */
export function shardSizesByBytes(fileBytes: readonly number[], targetBytes = shardTargetBytes): number[] {
  const sizes: number[] = [];
  let filled = Infinity;
  for (const bytes of fileBytes) {
    if (filled + bytes > targetBytes) {
      sizes.push(0);
      filled = 0;
    }
    sizes[sizes.length - 1] = (sizes.at(-1) as number) + 1;
    filled += bytes;
  }
  return sizes;
}
