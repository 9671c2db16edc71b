import { UsageError } from '#lib/contracts';

import { checkLabels } from './features.ts';

/**
 * Counts of true class (row) and predicted class (column), [K][K].
 *
 * @param labels [N]
 * @param predictions [N]
 * @param classes K
 * @throws UsageError for no rows, different lengths, or a number that is no class
 */
export function confusionMatrix(labels: Int32Array, predictions: Int32Array, classes: number): number[][] {
  if (labels.length === 0) throw new UsageError('confusionMatrix: no rows');
  checkLabels('confusionMatrix labels', labels, labels.length, classes);
  checkLabels('confusionMatrix predictions', predictions, labels.length, classes);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [row, label] of labels.entries()) counts[label]![predictions[row]!]!++;
  return counts;
}

/** Each row divided by its sum: recall on the diagonal. A class without support keeps a row of zeros. */
export function confusionByRow(counts: number[][]): number[][] {
  return counts.map((row) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (support === 0 ? 0 : count / support));
  });
}
