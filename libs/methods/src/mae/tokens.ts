import {
  add,
  cast,
  concat,
  customGrad,
  fill,
  gather,
  greaterEqual,
  type GradSaveFunc,
  minimum,
  mul,
  range,
  reshape,
  type Scalar,
  scalar,
  sum,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';

/**
 * Rows of a token sequence, to go from all of them to the kept ones and back. With a class token, row 0 of both is it.
 * Made for a batch of N images; int32.
 */
export type TokenRows = {
  /** [N, K]: of each kept token, its row in the full sequence of R. */
  kept: Tensor;
  /** [N, R]: of each row of the full sequence, its kept token, or K where it was removed. */
  full: Tensor;
};

/**
 * @param kept [N, keep] patches
 * @param restore [N, L], see Masks
 */
export function tokenRows(kept: Tensor, restore: Tensor, classToken: boolean): TokenRows {
  return tidy(() => {
    const places = minimum(restore, integer(kept.shape[1] as number));
    if (!classToken) return { kept: kept.clone(), full: places };
    const first = fill([kept.shape[0], 1], 0, 'int32');
    const one = (rows: Tensor) => concat([first, add(rows, integer(1))], 1);
    return { kept: one(kept), full: one(places) };
  });
}

/** A JavaScript number beside an int32 tensor would make the result float32. */
const integer = (value: number): Scalar => scalar(value, 'int32');

/** Rows `rows` [N, M] of each x[n]: [N, R, D] → [N, M, D]. Without a gradient of its own. */
export function gatherRows(x: Tensor, rows: Tensor): Tensor {
  return tidy(() => {
    const [N, R, D] = x.shape as [number, number, number];
    const M = rows.shape[1] as number;
    const offsets = reshape(mul(range(0, N, 1, 'int32'), integer(R)), [N, 1]);
    const flat = gather(reshape(x, [N * R, D]), reshape(add(rows, offsets), [N * M]));
    return reshape(flat, [N, M, D]);
  });
}

/**
 * The full sequence from the kept tokens, with `filler` where a token was removed: [N, K, D], [1, 1, D] → [N, R, D].
 *
 * The gradient is the gather of the kept rows (each is in the full sequence once), in place of tfjs's, which adds up
 * segments in no fixed order.
 */
export function spreadTokens(tokens: Tensor, filler: Tensor, rows: TokenRows): Tensor {
  const [N, K] = tokens.shape as [number, number, number];
  const op = customGrad((kept, fillToken, save) => {
    const removed = cast(greaterEqual(rows.full, integer(K)), 'float32'); // [N, R]
    (save as GradSaveFunc)([rows.kept, removed]);
    const filled = mul(fill([N, 1, 1], 1), fillToken as Tensor); // [N, 1, D]
    return {
      value: gatherRows(concat([kept as Tensor, filled], 1), rows.full),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [keptRows, mask] = saved as [Tensor, Tensor];
        const dRemoved = mul(dy, reshape(mask, [...mask.shape, 1]));
        return [gatherRows(dy, keptRows), reshape(sum(dRemoved, [0, 1]), filler.shape)];
      },
    };
  });
  return op(tokens, filler);
}

/**
 * Position codes of the kept tokens: [1, R, D] → [N, K, D]. The gradient adds up over the images in their order.
 */
export function keptPositions(codes: Tensor, rows: TokenRows): Tensor {
  const [, , D] = codes.shape as [number, number, number];
  const [N, K] = rows.kept.shape as [number, number];
  const op = customGrad((positions, save) => {
    (save as GradSaveFunc)([rows.full]);
    return {
      value: reshape(gather(reshape(positions as Tensor, [-1, D]), reshape(rows.kept, [N * K])), [N, K, D]),
      gradFunc: (dy: Tensor, [full]: Tensor[]) => {
        const padded = concat([dy, fill([N, 1, D], 0)], 1); // row K: what removed rows get
        return sum(gatherRows(padded, full as Tensor), 0, true);
      },
    };
  });
  return op(codes);
}
