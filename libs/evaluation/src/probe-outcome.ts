import type { ProbeKind } from '#lib/contracts';

import { firstClasses, labelRanks, topKAccuracy } from './accuracy.ts';
import { type ClassFigures, classificationReport, type ClassReport, reportText } from './classification-report.ts';
import { confusionMatrix } from './confusion-matrix.ts';

/** What a probe measured; all but `labels` and `predictions` are fields of a probe result as they are. */
export interface ProbeOutcome {
  kind: ProbeKind;
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
  /** Class of each measured row. */
  labels: Int32Array;
  /** Class that each measured row was taken for. */
  predictions: Int32Array;
}

export interface OutcomeArguments {
  kind: ProbeKind;
  /** Class of each measured row. */
  labels: Int32Array;
  /** Names, by class number. */
  classes: readonly string[];
  options: ProbeOutcome['options'];
  /** `performance.now()` when the measurement began. */
  started: number;
}

/**
 * Accuracy, confusion and the report of scikit-learn for a ranking of the classes.
 *
 * @param ranking classes by falling score for each measured row, [N, K]
 */
export function probeOutcome(ranking: Int32Array, given: OutcomeArguments): ProbeOutcome {
  const { kind, labels, classes, options, started } = given;
  const count = classes.length;
  const predictions = firstClasses(ranking, count);
  const ranks = labelRanks(ranking, labels, count);
  const confusion = confusionMatrix(labels, predictions, count);
  const report = classificationReport(confusion, classes);
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
    labels,
    predictions,
  };
}
