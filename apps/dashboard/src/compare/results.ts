import type { CompareRow, Comparison } from '#lib/contracts';
import { count, duration, figure, percent } from '#lib/figures';

import type { Sortable } from '../parts/sorting.ts';

/** A column of the table of results: what it is sorted by, and how it is written. */
export interface ResultColumn {
  column: keyof CompareRow;
  text: string;
  isNumber: boolean;
  value: (row: CompareRow) => Sortable;
  shown: (row: CompareRow) => string;
}

type Spreads = NonNullable<CompareRow['spread']>;

const word = (column: 'label' | 'method' | 'backbone', text: string): ResultColumn => ({
  column,
  text,
  isNumber: false,
  value: (row) => row[column],
  shown: (row) => row[column] ?? '–',
});
type Figures = 'epochs' | 'imagesSeen' | 'trainSeconds' | 'imagesPerSecond' | 'parameters';
const number = (column: Figures, text: string, shown: (value: number | null) => string): ResultColumn => ({
  column,
  text,
  isNumber: true,
  value: (row) => row[column],
  shown: (row) => shown(row[column]),
});
/** A figure of probes, of a group with its standard deviation. */
const measured = (column: keyof Spreads, text: string, shown: (value: number | null) => string): ResultColumn => ({
  column,
  text,
  isNumber: true,
  value: (row) => row[column],
  shown(row) {
    const spread = row.spread?.[column] ?? null;
    return spread === null ? shown(row[column]) : `${shown(row[column])} ± ${shown(spread)}`;
  },
});

export const resultColumns: readonly ResultColumn[] = [
  word('label', 'Run'),
  word('method', 'Method'),
  word('backbone', 'Backbone'),
  number('epochs', 'Epochs', (value) => (value === null ? '–' : value.toFixed(1))),
  number('imagesSeen', 'Images', count),
  number('trainSeconds', 'Time', duration),
  number('imagesPerSecond', 'Images/s', (value) => (value === null ? '–' : value.toFixed(0))),
  measured('knn', 'k-NN', percent),
  measured('linear', 'Linear', percent),
  measured('macroF1', 'Macro F1', (value) => (value === null ? '–' : value.toFixed(4))),
  measured('rankMe', 'RankMe', figure),
  number('parameters', 'Parameters', count),
];

/** The table as Markdown, as it is shown. */
export function markdownOf(rows: readonly CompareRow[]): string {
  const escape = (text: string) => text.replaceAll('|', '\\|');
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(resultColumns.map(({ text }) => text)),
    line(resultColumns.map(({ isNumber }) => (isNumber ? '---:' : '---'))),
    ...rows.map((row) => line(resultColumns.map(({ shown }) => escape(shown(row))))),
    '',
  ].join('\n');
}

/** The table as CSV: names of fields, figures in full, shares as parts of 1, spreads in columns of their own. */
export function csvOf(rows: readonly CompareRow[]): string {
  const spreads = ['knn', 'linear', 'macroF1', 'rankMe'] as const;
  const names = [
    ...resultColumns.map(({ column }) => column),
    ...spreads.map((name) => `${name}Spread`),
    'seeds',
    'run',
  ];
  return [
    names,
    ...rows.map((row) => [
      ...resultColumns.map(({ value }) => value(row)),
      ...spreads.map((name) => row.spread?.[name]),
      row.seeds.join(' '),
      row.run,
    ]),
  ]
    .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
    .join('');
}

function csvCell(value: Sortable): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What the table's figures were measured on. */
export const measuredOn = ({ dataset, trainSamples, evalSamples }: Comparison): string =>
  evalSamples === 0
    ? `nothing was measured on ${dataset} yet`
    : `measured on ${count(evalSamples)} images of eval of ${dataset}; classifiers of ${count(trainSamples)} images of train`;
