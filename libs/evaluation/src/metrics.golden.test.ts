import { expect, test } from 'vitest';

import { goldenCases } from '#lib/testing';

import { firstClasses, labelRanks, rankClasses, topKAccuracy } from './accuracy.ts';
import { type ClassFigures, classificationReport, reportText } from './classification-report.ts';
import { confusionByRow, confusionMatrix } from './confusion-matrix.ts';

test.each(goldenCases('evaluation/accuracy'))('$name', (golden) => {
  const logits = golden.tensor('in/logits');
  const labels = golden.tensor('in/labels').data as Int32Array;
  const [rows, classes] = logits.shape as [number, number];
  const ranking = rankClasses(logits.data as Float32Array, classes);
  const ranks = labelRanks(ranking, labels, classes);
  const [first, second] = golden.args['topk'] as [number, number];
  golden.expectClose('out/top1', [topKAccuracy(ranks, first)], []);
  golden.expectClose('out/top5', [topKAccuracy(ranks, second)], []);
  golden.expectClose('out/rank', ranks, [rows]);
  golden.expectClose('out/prediction', firstClasses(ranking, classes), [rows]);
});

const three = ({ precision, recall, f1 }: ClassFigures) => [precision, recall, f1];

test.each(goldenCases('evaluation/report'))('$name', (golden) => {
  const classes = golden.args['num_classes'] as number;
  const [labels, predictions] = ['in/labels', 'in/predictions'].map((name) => golden.tensor(name).data as Int32Array);
  const confusion = confusionMatrix(labels!, predictions!, classes);
  const names = Array.from({ length: classes }, (_, c) => `class${c}`);
  const report = classificationReport(confusion, names);
  const column = (field: keyof ClassFigures | 'support') => report.perClass.map((row) => row[field]);
  for (const field of ['precision', 'recall', 'f1', 'support'] as const)
    golden.expectClose(`out/${field}`, column(field), [classes]);
  golden.expectClose('out/macro', three(report.macro), [3]);
  golden.expectClose('out/weighted', three(report.weighted), [3]);
  golden.expectClose('out/macro_present', three(report.macroPresent), [3]);
  golden.expectClose('out/accuracy', [report.accuracy], []);
  golden.expectClose('out/confusion', confusion.flat(), [classes, classes]);
  golden.expectClose('out/confusion_by_row', confusionByRow(confusion).flat(), [classes, classes]);
  expect(reportText(report)).toBe(golden.text);
});
