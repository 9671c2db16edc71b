import { UsageError } from '#lib/contracts';

import { labelRanks, rankClasses, topKAccuracy } from './accuracy.ts';
import { type Capture } from './capture.ts';
import { type IdentifiedFeatures, type LabelledFeatures, presentClasses, selectRows } from './features.ts';
import { logisticRegression, logisticScores } from './logistic-regression.ts';
import { fitStandardScaler } from './standard-scaler.ts';
import { otherRows, stratifiedSubset } from './stratified-subset.ts';

/** Decades that C is chosen from, rising. */
export const regularisationGrid = [1e-3, 1e-2, 1e-1, 1, 10] as const;

const heldOutPart = 0.2;
/** Which C is best shows long before the last digits of a fit. */
const selectionTolerance = 1e-4;

export interface SelectedRegularisation {
  inverseRegularisation: number;
  /** Rows of train that every C was judged by. */
  heldOutSamples: number;
  /** Top-1 on them, for each C of the grid. */
  heldOutTop1: { inverseRegularisation: number; top1: number }[];
}

/**
 * The C of the logistic regression that is best on a fifth of each class of train, held out by hash of the sample id (of a class of two
 * to four images one; a class of one image stays in what is fitted). Of equal accuracies the smallest C, the strongest
 * regularisation, wins. The split that is reported is never looked at.
 *
 * @throws UsageError when no class has two images
 */
export async function selectRegularisation(
  train: IdentifiedFeatures,
  classes: number,
  {
    maxIterations,
    capture,
    onProgress,
  }: {
    maxIterations: number;
    capture?: Capture | undefined;
    onProgress?: ((done: number) => void) | undefined;
  },
): Promise<SelectedRegularisation> {
  const heldOut = stratifiedSubset(train.ids, train.labels, {
    fraction: heldOutPart,
    least: 1,
    spare: 1,
    salt: 'regularisation\n',
  });
  if (heldOut.length === 0)
    throw new UsageError(
      `C can't be chosen: none of the ${presentClasses(train.labels).length} classes has two images of train, so none can be held out`,
      {
        field: 'probe.inverseRegularisation',
        remedy: 'give a number, for example probe.inverseRegularisation=0.1, or use more images',
      },
    );
  const fitted = selectRows(train, otherRows(heldOut, train.labels.length));
  const judged = selectRows(train, heldOut);
  const scaler = fitStandardScaler(fitted);
  const heldOutTop1: SelectedRegularisation['heldOutTop1'] = [];
  for (const [i, inverseRegularisation] of regularisationGrid.entries()) {
    const model = await logisticRegression(fitted, classes, {
      inverseRegularisation,
      gradientTolerance: selectionTolerance,
      maxIterations,
      capture,
      scaler,
      onProgress: (done) => onProgress?.((i + done) / regularisationGrid.length),
    });
    heldOutTop1.push({
      inverseRegularisation,
      top1: top1(rankClasses(logisticScores(model, judged), classes), judged, classes),
    });
  }
  const best = heldOutTop1.reduce((a, b) => (b.top1 > a.top1 ? b : a));
  return { inverseRegularisation: best.inverseRegularisation, heldOutSamples: heldOut.length, heldOutTop1 };
}

const top1 = (ranking: Int32Array, { labels }: LabelledFeatures, classes: number): number =>
  topKAccuracy(labelRanks(ranking, labels, classes), 1);
