import { rankClasses } from './accuracy.ts';
import { type Capture } from './capture.ts';
import {
  checkLabelled,
  checkSameWidth,
  type IdentifiedFeatures,
  type LabelledFeatures,
  type OnProgress,
} from './features.ts';
import { knn } from './knn.ts';
import { type LogisticModel, logisticRegression, logisticScores } from './logistic-regression.ts';
import { probeOutcome, type ProbeOutcome } from './probe-outcome.ts';
import { type SelectedRegularisation, selectRegularisation } from './select-regularisation.ts';
import { fitStandardScaler } from './standard-scaler.ts';

export interface ProbeArguments<Options, Train = LabelledFeatures> {
  train: Train;
  eval: LabelledFeatures;
  /** Names, by class number. */
  classes: readonly string[];
  options: Options;
  onProgress?: OnProgress;
  /** What builds a computation that is run many times; default: `eagerly` */
  capture?: Capture;
}

export interface KnnProbeOptions {
  k: number;
  temperature: number;
  /** Subtract the train split's mean first: for raw pixels. */
  centre: boolean;
}

export interface LinearProbeOptions {
  /** C of the logistic regression; `auto`: the best on a part of train (see `selectRegularisation`). */
  inverseRegularisation: number | 'auto';
  gradientTolerance?: number;
  maxIterations?: number;
}

/**
 * Weighted k-NN of the eval split in the train split (see `knn`).
 *
 * @throws UsageError for an empty split, bad features or labels, different widths, or options that don't fit
 */
export async function knnProbe(probe: ProbeArguments<KnnProbeOptions>): Promise<ProbeOutcome> {
  const started = performance.now();
  checkSplits(probe);
  const { k, temperature, centre } = probe.options;
  const { ranking } = await knn({
    bank: probe.train,
    queries: probe.eval,
    classes: probe.classes.length,
    k,
    temperature,
    centre,
    onProgress: (done) => probe.onProgress?.({ phase: 'neighbours', done }),
  });
  const options = { k, temperature, centre };
  return probeOutcome(ranking, { kind: 'knn', labels: probe.eval.labels, classes: probe.classes, started, options });
}

/**
 * Multinomial logistic regression to convergence on standardised features of the train split (see `logisticRegression`), measured on
 * the eval split. Where C is chosen, the whole train split is fitted once more with the chosen one.
 *
 * @throws UsageError for an empty split, bad features or labels, different widths, one class only, or a C that can't be chosen
 */
export async function linearProbe(
  probe: ProbeArguments<LinearProbeOptions, IdentifiedFeatures>,
): Promise<ProbeOutcome> {
  const started = performance.now();
  checkSplits(probe);
  const { train, classes, onProgress, capture } = probe;
  const { inverseRegularisation: asked, gradientTolerance = 1e-5, maxIterations = 1000 } = probe.options;
  const selected =
    asked === 'auto'
      ? await selectRegularisation(train, classes.length, {
          maxIterations,
          capture,
          onProgress: (done) => onProgress?.({ phase: 'choose C', done }),
        })
      : undefined;
  const inverseRegularisation = selected?.inverseRegularisation ?? (asked as number);
  const model = await logisticRegression(train, classes.length, {
    inverseRegularisation,
    gradientTolerance,
    maxIterations,
    capture,
    scaler: fitStandardScaler(train),
    onProgress: (done) => onProgress?.({ phase: 'fit', done }),
  });
  const ranking = rankClasses(logisticScores(model, probe.eval), classes.length);
  const options = {
    inverseRegularisation,
    ...(selected && selectionFigures(selected)),
    gradientTolerance,
    maxIterations,
    ...fitFigures(model),
  };
  return probeOutcome(ranking, { kind: 'linear', labels: probe.eval.labels, classes, started, options });
}

function fitFigures({ convergence: { iterations, gradientMax, reason } }: LogisticModel) {
  return { iterations, gradientMax, fit: reason };
}

function selectionFigures({ heldOutSamples, heldOutTop1 }: SelectedRegularisation) {
  const judged = heldOutTop1.map(({ inverseRegularisation: c, top1 }) => `${c}: ${top1.toFixed(4)}`).join(', ');
  return { chosenOn: `${heldOutSamples} samples of train`, heldOutTop1: judged };
}

function checkSplits({ train, eval: evaluation, classes }: ProbeArguments<unknown>): void {
  checkLabelled('train', train, classes.length);
  checkLabelled('eval', evaluation, classes.length);
  checkSameWidth('train', train, 'eval', evaluation);
}
