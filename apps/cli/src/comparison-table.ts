import type { CompareRow, Comparison, Reported } from '#lib/contracts';
import { clock, count, percent } from '#lib/figures';

import { formatTable } from './output/table.ts';

/** How a comparison is printed: a table for a terminal, a table for a page, or bare numbers for other programs. */
export type TableFormat = 'text' | 'markdown' | 'csv';

interface Column {
  head: string;
  isNumber: boolean;
  /** for people */
  text(row: CompareRow): string;
  /** for programs: figures in full, nothing where nothing is known */
  bare(row: CompareRow): number | string | null;
}

type Figure = 'knn' | 'linear' | 'macroF1' | 'rankMe';

/** A figure, with its spread over seeds where it is a mean. */
function withSpread(row: CompareRow, name: Figure, text: (value: number) => string, unit: string): string {
  const value = row[name];
  if (value === null) return '–';
  const spread = row.spread?.[name] ?? null;
  return `${text(value)}${spread === null ? '' : ` ± ${text(spread)}`}${unit}`;
}

const figure = (head: string, name: Figure): Column =>
  name === 'rankMe'
    ? numbers(head, (row) => withSpread(row, name, (value) => value.toFixed(1), ''), name)
    : numbers(head, (row) => withSpread(row, name, (value) => (100 * value).toFixed(2), ' %'), name);

function numbers(
  head: string,
  text: Column['text'],
  field: Figure | 'epochs' | 'imagesSeen' | 'trainSeconds' | 'imagesPerSecond' | 'parameters',
): Column {
  return { head, isNumber: true, text, bare: (row) => row[field] };
}

const words = (head: string, field: 'label' | 'method' | 'backbone'): Column => ({
  head,
  isNumber: false,
  text: (row) => row[field] ?? '–',
  bare: (row) => row[field],
});

const columns: Column[] = [
  words('', 'label'),
  words('method', 'method'),
  words('backbone', 'backbone'),
  numbers('epochs', ({ epochs }) => (epochs === null ? '–' : String(Math.round(100 * epochs) / 100)), 'epochs'),
  numbers('images', ({ imagesSeen }) => count(imagesSeen), 'imagesSeen'),
  numbers('time', ({ trainSeconds }) => clock(trainSeconds), 'trainSeconds'),
  numbers('img/s', ({ imagesPerSecond }) => imagesPerSecond?.toFixed(0) ?? '–', 'imagesPerSecond'),
  figure('k-NN', 'knn'),
  figure('linear', 'linear'),
  figure('macro F1', 'macroF1'),
  figure('RankMe', 'rankMe'),
  numbers('parameters', ({ parameters }) => count(parameters), 'parameters'),
];

const reportedColumn: Column = {
  head: 'reported',
  isNumber: false,
  text: ({ reported }) => (reported === null ? '–' : reportedText(reported)),
  bare: ({ reported }) => (reported === null ? null : reportedText(reported)),
};

const reportedText = ({ knn, linear, macroF1 }: Reported): string =>
  [
    ...(knn === undefined ? [] : [`k-NN ${percent(knn)}`]),
    ...(linear === undefined ? [] : [`linear ${percent(linear)}`]),
    ...(macroF1 === undefined ? [] : [`macro F1 ${percent(macroF1)}`]),
  ].join(', ') || 'no figure';

/** The one table: baselines first, then a row a run, the mean of several seeds after them. */
export function comparisonTable(comparison: Comparison, format: TableFormat = 'text'): string {
  const { dataset, trainSamples, evalSamples, rows, notes } = comparison;
  const isReported = rows.some(({ reported }) => reported !== null);
  const shown = isReported ? [...columns, reportedColumn] : columns;
  if (format === 'csv') return csv(rows, shown);
  const measured = `${dataset}: probed on ${count(evalSamples)} images of eval, with ${count(trainSamples)} of train`;
  const notesOfReported = new Map<string, string>(); // by note: the seeds of one run share theirs
  for (const { label, reported } of rows)
    if (reported?.note !== undefined && !notesOfReported.has(reported.note))
      notesOfReported.set(reported.note, `${label}, reported: ${reported.note}`);
  const body = rows.map((row) => shown.map(({ text }) => text(row)));
  const below = [measured, ...notesOfReported.values(), ...notes];
  if (format === 'markdown') return [...markdown(shown, body), '', below.join('  \n')].join('\n');
  const heads = shown.map(({ head }) => head);
  return [formatTable(heads, body), '', ...below].join('\n');
}

function markdown(shown: Column[], body: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(shown.map(({ head }) => head)),
    line(shown.map(({ isNumber }) => (isNumber ? '---:' : '---'))),
    ...body.map(line),
  ];
}

/** Names of the columns for programs: units are in them. */
const csvHeads: Record<string, string> = {
  '': 'label',
  images: 'images_seen',
  time: 'train_seconds',
  'img/s': 'images_per_second',
  'k-NN': 'knn',
  'macro F1': 'macro_f1',
  RankMe: 'rankme',
};

/** RFC 4180, with the kind of each row, its run, its seeds, and the spread of each figure. */
function csv(rows: CompareRow[], shown: Column[]): string {
  const spreads = ['knn', 'linear', 'macroF1', 'rankMe'] as const;
  const heads = [
    'row',
    'run',
    'seeds',
    ...shown.map(({ head }) => csvHeads[head] ?? head),
    ...['knn', 'linear', 'macro_f1', 'rankme'].map((name) => `${name}_spread`),
  ];
  const body = rows.map((row) => [
    row.row,
    row.run,
    row.seeds.join(' '),
    ...shown.map(({ bare }) => bare(row)),
    ...spreads.map((name) => row.spread?.[name] ?? null),
  ]);
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [heads, ...body].map((line) => line.map(cell).join(',')).join('\n');
}
