import { UsageError } from '#lib/contracts';

import { checkLabels } from './features.ts';

/**
 * Classes of each row by falling score; of equal scores the lower class first, as argmax of numpy and torch on the CPU.
 *
 * @param scores [N, K]
 * @param classes K
 * @returns [N, K] class numbers
 * @throws UsageError for a score that is NaN
 */
export function rankClasses(scores: Float32Array | Float64Array, classes: number): Int32Array {
  const ranking = new Int32Array(scores.length);
  const order = Array.from({ length: classes }, (_, c) => c);
  for (let at = 0; at < scores.length; at += classes) {
    const row = scores.subarray(at, at + classes);
    if (row.includes(NaN)) throw new UsageError(`rankClasses: the scores of row ${at / classes} contain NaN`);
    ranking.set(
      order.toSorted((a, b) => (row[a] === row[b] ? a - b : row[b]! > row[a]! ? 1 : -1)),
      at,
    );
  }
  return ranking;
}

/** The first class of each row of a ranking [N, K]: the prediction, [N]. */
export function firstClasses(ranking: Int32Array, classes: number): Int32Array {
  return Int32Array.from({ length: ranking.length / classes }, (_, row) => ranking[row * classes]!);
}

/**
 * Place of each row's label in the ranking, from 0, [N].
 *
 * @param ranking [N, K], as of `rankClasses`
 * @throws UsageError where labels don't fit
 */
export function labelRanks(ranking: Int32Array, labels: Int32Array, classes: number): Int32Array {
  checkLabels('labelRanks', labels, ranking.length / classes, classes);
  return labels.map((label, row) => ranking.subarray(row * classes, (row + 1) * classes).indexOf(label));
}

/**
 * Share of rows whose label is among the first k classes (all of them when K < k), a part of 1.
 *
 * @param ranks [N], as of `labelRanks`
 * @throws UsageError for no rows
 */
export function topKAccuracy(ranks: Int32Array, k: number): number {
  if (ranks.length === 0) throw new UsageError('topKAccuracy: no rows, the share of none is undefined');
  let correct = 0;
  for (const rank of ranks) if (rank < k) correct++;
  return correct / ranks.length;
}

/**
 * Mean over the classes that have rows of the class's own top-k accuracy: every class counts the same, however rare.
 *
 * @param ranks [N], as of `labelRanks`
 * @param labels [N]
 * @throws UsageError for no rows
 */
export function meanTopKPerClass(ranks: Int32Array, labels: Int32Array, k: number): number {
  if (ranks.length === 0) throw new UsageError('meanTopKPerClass: no rows, the share of none is undefined');
  const [correct, support] = [new Map<number, number>(), new Map<number, number>()];
  for (const [row, label] of labels.entries()) {
    support.set(label, (support.get(label) ?? 0) + 1);
    if (ranks[row]! < k) correct.set(label, (correct.get(label) ?? 0) + 1);
  }
  let sum = 0;
  for (const [label, rows] of support) sum += (correct.get(label) ?? 0) / rows;
  return sum / support.size;
}
