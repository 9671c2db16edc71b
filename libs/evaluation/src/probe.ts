import { firstClasses, labelRanks, rankClasses, topKAccuracy } from './accuracy.ts';
import { type ClassFigures, classificationReport, type ClassReport, reportText } from './classification-report.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { checkLabelled, checkSameWidth, type LabelledFeatures, type OnProgress } from './features.ts';
import { knn } from './knn.ts';
import { type LogisticModel, logisticRegression, logisticScores } from './logistic-regression.ts';
import { fitStandardScaler } from './standard-scaler.ts';

export interface ProbeArguments<Options> {
  train: LabelledFeatures;
  eval: LabelledFeatures;
  /** Names, by class number. */
  classes: readonly string[];
  options: Options;
  onProgress?: OnProgress;
}

export interface KnnProbeOptions {
  k: number;
  temperature: number;
  /** Subtract the train split's mean first: for raw pixels. */
  centre: boolean;
}

export interface LinearProbeOptions {
  /** C of the logistic regression. */
  inverseRegularisation: number;
  gradientTolerance?: number;
  maxIterations?: number;
}

/** What a probe measured; all but `predictions` are fields of a probe result as they are. */
export interface ProbeOutcome {
  kind: 'knn' | 'linear';
  /** Options with every default, and how a fit ended. */
  options: Record<string, number | string | boolean | null>;
  top1: number;
  /** Null with fewer than six classes, where it says nothing. */
  top5: number | null;
  perClass: ClassReport[];
  macro: ClassFigures;
  weighted: ClassFigures;
  confusion: number[][];
  report: string;
  /** Wall time of fitting and evaluating. */
  seconds: number;
  /** Class of each eval row. */
  predictions: Int32Array;
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
  return outcome('knn', ranking, { probe, started, options: { k, temperature, centre } });
}

/**
 * Multinomial logistic regression to convergence on standardised features of the train split (see `logisticRegression`), measured on
 * the eval split.
 *
 * @throws UsageError for an empty split, bad features or labels, different widths, or one class only
 */
export async function linearProbe(probe: ProbeArguments<LinearProbeOptions>): Promise<ProbeOutcome> {
  const started = performance.now();
  checkSplits(probe);
  const { train, classes } = probe;
  const { inverseRegularisation, gradientTolerance = 1e-5, maxIterations = 1000 } = probe.options;
  const model = await logisticRegression(train, classes.length, {
    inverseRegularisation,
    gradientTolerance,
    maxIterations,
    scaler: fitStandardScaler(train),
    onProgress: (done) => probe.onProgress?.({ phase: 'fit', done }),
  });
  const ranking = rankClasses(logisticScores(model, probe.eval), classes.length);
  const options = { inverseRegularisation, gradientTolerance, maxIterations, ...fitFigures(model) };
  return outcome('linear', ranking, { probe, started, options });
}

function fitFigures({ convergence: { iterations, gradientMax, reason } }: LogisticModel) {
  return { iterations, gradientMax, fit: reason };
}

function checkSplits({ train, eval: evaluation, classes }: ProbeArguments<unknown>): void {
  checkLabelled('train', train, classes.length);
  checkLabelled('eval', evaluation, classes.length);
  checkSameWidth('train', train, 'eval', evaluation);
}

interface OutcomeArguments {
  probe: ProbeArguments<unknown>;
  started: number;
  options: ProbeOutcome['options'];
}

/** @param ranking classes by falling score for each eval row, [N, K] */
function outcome(kind: ProbeOutcome['kind'], ranking: Int32Array, given: OutcomeArguments): ProbeOutcome {
  const { probe, started, options } = given;
  const count = probe.classes.length;
  const { labels } = probe.eval;
  const predictions = firstClasses(ranking, count);
  const ranks = labelRanks(ranking, labels, count);
  const confusion = confusionMatrix(labels, predictions, count);
  const report = classificationReport(confusion, probe.classes);
  return {
    kind,
    options,
    top1: topKAccuracy(ranks, 1),
    top5: count < 6 ? null : topKAccuracy(ranks, 5),
    perClass: report.perClass,
    macro: report.macro,
    weighted: report.weighted,
    confusion,
    report: reportText(report),
    seconds: (performance.now() - started) / 1000,
    predictions,
  };
}
