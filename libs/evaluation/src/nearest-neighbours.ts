import { matMul, nextFrame, type Tensor2D, tensor2d, tidy, topk } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';

import { checkFeatures, checkSameWidth, columnMeans, type Features, rowChunks, unitRows } from './features.ts';

export interface NearestOptions {
  bank: Features;
  queries: Features;
  k: number;
  /** Subtract the bank's column means from both sides first: for raw pixels, whose cosines are all near 1 otherwise. */
  centre?: boolean;
  onProgress?: ((done: number) => void) | undefined;
  /** Most numbers in one array on the device; bounds memory (4 bytes each, about four such arrays at a time). */
  chunkValues?: number;
}

export interface Neighbours {
  /** Bank rows of the k nearest of each query, nearest first, [Q, k]. */
  rows: Int32Array;
  /** Their cosines, [Q, k]. */
  similarities: Float32Array;
}

/**
 * The k bank rows of largest cosine for each query, exhaustively. Of equal cosines the lower bank row is nearer. A zero row has
 * cosine 0 with everything.
 *
 * @throws UsageError for bad features, different widths, or k outside 1 .. rows of the bank
 */
export async function nearestNeighbours(options: NearestOptions): Promise<Neighbours> {
  const { bank, queries, k, onProgress, chunkValues = 2 ** 24 } = options;
  check(options);
  const [bankRows, columns] = bank.shape;
  const means = options.centre ? columnMeans(bank) : undefined;
  const best: Neighbours = {
    rows: new Int32Array(queries.shape[0] * k),
    similarities: new Float32Array(queries.shape[0] * k),
  };
  const bankChunk = Math.min(bankRows, Math.max(1, Math.floor(chunkValues / columns)));
  const queryChunk = chunkValues / Math.max(bankChunk, columns);
  for (const bankPart of rowChunks(bankRows, bankChunk)) {
    const unitBank = tensor2d(unitRows(bank, { ...bankPart, means }), [bankPart.to - bankPart.from, columns]);
    try {
      for (const { from, to } of rowChunks(queries.shape[0], queryChunk)) {
        const unitQueries = unitRows(queries, { from, to, means });
        const found = await nearestInChunk(unitBank, unitQueries, Math.min(k, bankPart.to - bankPart.from));
        mergeNearest(best, found, { from, to, k, bankFrom: bankPart.from });
        onProgress?.((bankPart.from + ((bankPart.to - bankPart.from) * to) / queries.shape[0]) / bankRows);
        await nextFrame();
      }
    } finally {
      unitBank.dispose();
    }
  }
  return best;
}

function check({ bank, queries, k }: NearestOptions): void {
  checkFeatures('bank', bank);
  checkFeatures('queries', queries);
  checkSameWidth('bank', bank, 'queries', queries);
  if (!Number.isInteger(k) || k < 1 || k > bank.shape[0])
    throw new UsageError(`k-NN: k is ${k}, the bank has ${bank.shape[0]} samples; k must be 1 .. ${bank.shape[0]}`, {
      field: 'probe.k',
      remedy: `set probe.k to at most ${bank.shape[0]}, or probe with more samples`,
    });
}

/** @param unitBank [M, D] @param unitQueries [Q, D] @returns the `count` best of each query, [Q, count] */
async function nearestInChunk(unitBank: Tensor2D, unitQueries: Float32Array, count: number): Promise<Neighbours> {
  const columns = unitBank.shape[1];
  const [values, indices] = tidy(() => {
    const cosines = matMul(tensor2d(unitQueries, [unitQueries.length / columns, columns]), unitBank, false, true);
    const top = topk(cosines, count, true); // of equal values the lower index comes first
    return [top.values, top.indices] as const;
  });
  try {
    return { similarities: (await values.data()) as Float32Array, rows: (await indices.data()) as Int32Array };
  } finally {
    values.dispose();
    indices.dispose();
  }
}

/** Merges a later bank chunk's best into the best so far; on equal cosines the earlier chunk, whose rows are lower, wins. */
function mergeNearest(
  best: Neighbours,
  found: Neighbours,
  { from, to, k, bankFrom }: { from: number; to: number; k: number; bankFrom: number },
): void {
  const known = Math.min(k, bankFrom);
  const count = found.rows.length / (to - from);
  for (let query = from; query < to; query++) {
    const oldRows = best.rows.slice(query * k, query * k + known);
    const oldSimilarities = best.similarities.slice(query * k, query * k + known);
    let [old, fresh] = [0, 0];
    for (let at = query * k; at < query * k + Math.min(k, known + count); at++) {
      const place = (query - from) * count + fresh;
      const takeOld = old < known && (fresh >= count || oldSimilarities[old]! >= found.similarities[place]!);
      best.rows[at] = takeOld ? oldRows[old]! : found.rows[place]! + bankFrom;
      best.similarities[at] = takeOld ? oldSimilarities[old]! : found.similarities[place]!;
      if (takeOld) old++;
      else fresh++;
    }
  }
}
