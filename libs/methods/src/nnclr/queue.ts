import {
  add,
  argMax,
  cast,
  concat,
  gather,
  greaterEqual,
  less,
  logicalAnd,
  matMul,
  mul,
  range,
  sub,
  type Tensor1D,
  type Tensor2D,
  tidy,
  where,
} from '@tensorflow/tfjs-core';

import { l2Normalize, ShapeError } from '#lib/tensor';

export type Queue = {
  /** Embeddings of earlier batches, [K, D]. */
  rows: Tensor2D;
  /** Where the next batch goes, a whole number in float32, [1]. */
  position: Tensor1D;
};

/**
 * The row of a queue that is nearest by cosine to each embedding: n(z) = argmax_q z·q / ‖q‖. No gradient flows through it.
 *
 * @param z [N, D]
 * @param rows [K, D], of any length
 * @returns index [N] int32, and the rows as they are stored, [N, D]
 * @throws ShapeError if the sizes differ
 */
export function nearestRows(z: Tensor2D, rows: Tensor2D): { index: Tensor1D; rows: Tensor2D } {
  checkSizes('nearestRows', rows, z);
  return tidy(() => {
    const index: Tensor1D = argMax(matMul(z, l2Normalize(rows), false, true), 1);
    return { index, rows: gather(rows, index) };
  });
}

/**
 * The queue after a batch was written at its position, over the oldest rows. At the end rows that don't fit are dropped,
 * and the position goes to 0 (lightly's rule); with K a multiple of N all fit.
 *
 * The position is a tensor, so that a recorded step writes somewhere else each time.
 *
 * @param rows the batch, [N, D], N <= K
 * @throws ShapeError if the sizes differ, or the batch is larger than the queue
 */
export function enqueue(queue: Queue, rows: Tensor2D): Queue {
  checkSizes('enqueue', queue.rows, rows);
  const [[K], [N]] = [queue.rows.shape, rows.shape];
  if (N > K) throw new ShapeError(`enqueue: a batch [${rows.shape}] doesn't fit in a queue [${queue.rows.shape}]`);
  return tidy(() => {
    const place = range(0, K, 1, 'float32'); // [K]
    const inBatch = sub(place, queue.position); // row of the batch that belongs in this place
    const isWritten = logicalAnd(greaterEqual(inBatch, 0), less(inBatch, N));
    const source = cast(where(isWritten, inBatch, add(place, N)), 'int32');
    const next = add(queue.position, N);
    return {
      rows: gather(concat([rows, queue.rows], 0), source as Tensor1D) as Tensor2D,
      position: mul(next, cast(less(next, K), 'float32')) as Tensor1D,
    };
  });
}

function checkSizes(name: string, queue: Tensor2D, z: Tensor2D): void {
  if (queue.rank !== 2 || z.rank !== 2 || queue.shape[1] !== z.shape[1])
    throw new ShapeError(`${name}: needs embeddings [N, D] and a queue [K, D], got [${z.shape}] and [${queue.shape}]`);
}
