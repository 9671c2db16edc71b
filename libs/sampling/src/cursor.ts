import { type Cursor, UsageError } from '#lib/contracts';

/** A half-open range of positions in an epoch's order. */
export interface Positions {
  from: number;
  to: number;
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`${name}: ${value} is not a whole number of at least 1`);
  return value;
}

/**
 * Whole batches in an epoch: ⌊N / B⌋; the last N mod B positions are dropped.
 * @throws UsageError if there is not one whole batch
 */
export function stepsPerEpoch(samples: number, batch: number): number {
  positive('batch', batch);
  if (samples < batch)
    throw new UsageError(`batch: ${batch} is more than the ${samples} samples of the training split`, {
      remedy: samples > 0 ? `set batch to at most ${samples}` : 'ingest more images',
    });
  return Math.floor(samples / batch);
}

/** Positions [kB, (k + 1)B) of batch k, counted from 0. */
export function batchPositions(batchIndex: number, batch: number): Positions {
  return { from: batchIndex * positive('batch', batch), to: (batchIndex + 1) * batch };
}

/** View blocks that cover all positions of an epoch: ⌈N / S⌉. */
export function blocksPerEpoch(samples: number, blockSamples: number): number {
  return Math.ceil(samples / positive('blockSamples', blockSamples));
}

/** Positions [bS, min((b + 1)S, N)) of block b, counted from 0. */
export function blockPositions(block: number, blockSamples: number, samples: number): Positions {
  const blocks = blocksPerEpoch(samples, blockSamples);
  if (!Number.isInteger(block) || block < 0 || block >= blocks)
    throw new UsageError(`block: ${block}, an epoch of ${samples} samples has blocks 0 to ${blocks - 1}`);
  return { from: block * blockSamples, to: Math.min((block + 1) * blockSamples, samples) };
}

/** The blocks that hold batch k's positions: `first` to `last`, both included. */
export function blocksOfBatch(
  batchIndex: number,
  batch: number,
  blockSamples: number,
): { first: number; last: number } {
  const { from, to } = batchPositions(batchIndex, batch);
  positive('blockSamples', blockSamples);
  return { first: Math.floor(from / blockSamples), last: Math.floor((to - 1) / blockSamples) };
}

/** Blocks of an epoch that some whole batch touches; those after them hold dropped positions only and needn't be made. */
export function blocksUsedPerEpoch(samples: number, batch: number, blockSamples: number): number {
  return blocksOfBatch(stepsPerEpoch(samples, batch) - 1, batch, blockSamples).last + 1;
}

/** The cursor after the batch that `cursor` points to; after an epoch's last batch, the start of the next epoch. */
export function advance(cursor: Cursor, steps: number): Cursor {
  positive('steps', steps);
  const batch = cursor.batch + 1;
  return batch < steps ? { epoch: cursor.epoch, batch } : { epoch: cursor.epoch + 1, batch: 0 };
}

/** The cursor after `step` steps from the start of a run. */
export function cursorAfter(step: number, steps: number): Cursor {
  positive('steps', steps);
  return { epoch: Math.floor(step / steps), batch: step % steps };
}

/** Steps taken when the cursor is reached. */
export function stepsBefore(cursor: Cursor, steps: number): number {
  return cursor.epoch * positive('steps', steps) + cursor.batch;
}
