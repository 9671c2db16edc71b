import {
  concat,
  customGrad,
  gather,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';

/**
 * Masks of a batch as row numbers, for B images of L patches of which K are kept. Rows are counted through the batch,
 * so that one gather serves all images.
 */
export interface MaskRows {
  /** [B·K]: row b·L + l of every kept patch, in the order in which the encoder sees them */
  kept: Int32Array;
  /** [B·L]: for each patch its row among the kept ones, b·K + k, or B·K if it is masked */
  spread: Int32Array;
  /** [B, L]: 1 where masked */
  masked: Float32Array;
}

/**
 * How many patches are kept, ⌊L (1 − r)⌋ as in the authors' code.
 * @throws UsageError if none or all would be kept
 */
export function keptPatches(patches: number, maskRatio: number): number {
  const kept = Math.floor(patches * (1 - maskRatio));
  if (kept >= 1 && kept < patches) return kept;
  throw new UsageError(`mae: a mask ratio of ${maskRatio} keeps ${kept} of ${patches} patches`, {
    field: 'method.options.maskRatio',
    remedy: `at least one must be kept and one masked: use a ratio from ${(1 / patches).toFixed(3)} to ${(1 - 1 / patches).toFixed(3)}`,
  });
}

/** Masks that keep the first K of each image's order of patches. @param orders one permutation of 0 … L−1 an image */
export function maskRows(orders: ArrayLike<number>[], patches: number, keep: number): MaskRows {
  const batch = orders.length;
  const rows: MaskRows = {
    kept: new Int32Array(batch * keep),
    spread: new Int32Array(batch * patches).fill(batch * keep),
    masked: new Float32Array(batch * patches).fill(1),
  };
  orders.forEach((order, b) => {
    for (let k = 0; k < keep; k++) {
      const patch = b * patches + (order[k] as number);
      rows.kept[b * keep + k] = patch;
      rows.spread[patch] = b * keep + k;
      rows.masked[patch] = 0;
    }
  });
  return rows;
}

const rowsOf = (x: Tensor, rows: Tensor) => gather(x as Tensor2D, rows as Tensor1D);

/**
 * The kept rows of x: [B·L, D] → [B·K, D]. Its gradient puts rows back by a gather as well; tfjs's own would add them up
 * one segment at a time.
 */
export function takeRows(x: Tensor2D, kept: Tensor, spread: Tensor): Tensor2D {
  const op = customGrad((input) => ({
    value: rowsOf(input as Tensor, kept),
    gradFunc: (dy: Tensor) =>
      tidy(() => rowsOf(concat([dy as Tensor2D, zeros([1, dy.shape[1] as number])], 0), spread)),
  }));
  return op(x) as Tensor2D;
}

/** The reverse: kept rows at their places and `fill` at the masked ones: [B·K, D], [1, D] → [B·L, D]. */
export function spreadRows(x: Tensor2D, fill: Tensor2D, kept: Tensor, spread: Tensor): Tensor2D {
  const op = customGrad((input, filling) => ({
    value: rowsOf(concat([input as Tensor2D, filling as Tensor2D], 0), spread),
    gradFunc: (dy: Tensor) => {
      const dKept = rowsOf(dy, kept);
      const dFill = sub(sum(dy, 0, true), sum(dKept, 0, true)); // what is not kept was filled
      return [dKept, reshape(dFill, fill.shape)];
    },
  }));
  return op(x, fill) as Tensor2D;
}
