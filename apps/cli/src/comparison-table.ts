import type { Comparison } from '#lib/contracts';

import { count, duration, formatTable, percent } from './output/table.ts';

/** The one table: baselines first, then a row a run. */
export function comparisonTable({ dataset, trainSamples, evalSamples, rows, notes }: Comparison): string {
  const head = [
    '',
    'method',
    'backbone',
    'epochs',
    'images',
    'time',
    'img/s',
    'k-NN',
    'linear',
    'macro F1',
    'parameters',
  ];
  const body = rows.map((row) => [
    row.label,
    row.method ?? '–',
    row.backbone ?? '–',
    row.epochs === null ? '–' : String(Math.round(100 * row.epochs) / 100),
    count(row.imagesSeen),
    duration(row.trainSeconds),
    row.imagesPerSecond === null ? '–' : row.imagesPerSecond.toFixed(0),
    percent(row.knn),
    percent(row.linear),
    percent(row.macroF1),
    count(row.parameters),
  ]);
  const measured = `${dataset}: probed on ${count(evalSamples)} images of eval, with ${count(trainSamples)} of train`;
  return [formatTable(head, body), '', measured, ...notes].join('\n');
}
