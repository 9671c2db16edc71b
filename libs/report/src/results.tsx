import type { CompareRow, Comparison, Reported } from '#lib/contracts';
import { clock, count, percent } from '#lib/figures';

import { Table } from './table.tsx';
import { wilson } from './wilson.ts';

/** The one table: baselines first, then a row a run, the mean of several seeds after them. */
export function Results({ comparison, best }: { comparison: Comparison; best: CompareRow | null }) {
  const { dataset, trainSamples, evalSamples, rows, notes } = comparison;
  const isReported = rows.some(({ reported }) => reported !== null);
  return (
    <>
      <Table
        caption={`Top-1 on eval of ${dataset}: ${count(evalSamples)} images; the probes were fitted on ${count(trainSamples)} of train`}
        head={[
          'row',
          'method',
          'backbone',
          'epochs',
          'images seen',
          'time',
          'images/s',
          'k-NN',
          'linear',
          '95 % of linear',
          'macro F1',
          'RankMe',
          'parameters',
          ...(isReported ? ['reported'] : []),
        ]}
        rows={rows.map((row) => ({
          isMarked: row === best,
          cells: [
            row.label,
            row.method ?? '–',
            row.backbone ?? '–',
            row.epochs === null ? '–' : String(Math.round(100 * row.epochs) / 100),
            count(row.imagesSeen),
            clock(row.trainSeconds),
            row.imagesPerSecond?.toFixed(0) ?? '–',
            spread(row, 'knn', percentOnly, ' %'),
            spread(row, 'linear', percentOnly, ' %'),
            interval(row.linear, evalSamples),
            spread(row, 'macroF1', percentOnly, ' %'),
            spread(row, 'rankMe', (value) => value.toFixed(1), ''),
            count(row.parameters),
            ...(isReported ? [reportedText(row.reported)] : []),
          ],
        }))}
      />
      <p class="small">
        ± is the standard deviation over seeds (n − 1). “95 % of linear” is the binomial interval of an accuracy counted
        on so many images. The row that measured best is marked.
      </p>
      {notes.map((note) => (
        <p class="small" key={note}>
          {note}
        </p>
      ))}
    </>
  );
}

const percentOnly = (value: number): string => (100 * value).toFixed(2);

function spread(
  row: CompareRow,
  name: 'knn' | 'linear' | 'macroF1' | 'rankMe',
  text: (value: number) => string,
  unit: string,
): string {
  const [value, deviation] = [row[name], row.spread?.[name] ?? null];
  return value === null ? '–' : `${text(value)}${deviation === null ? '' : ` ± ${text(deviation)}`}${unit}`;
}

function interval(share: number | null, samples: number): string {
  if (share === null || samples === 0) return '–';
  const { low, high } = wilson(share, samples);
  return `${percentOnly(low)} – ${percentOnly(high)}`;
}

function reportedText(reported: Reported | null): string {
  if (reported === null) return '–';
  const { knn, linear, macroF1, note } = reported;
  const figures = [
    ...(knn === undefined ? [] : [`k-NN ${percent(knn)}`]),
    ...(linear === undefined ? [] : [`linear ${percent(linear)}`]),
    ...(macroF1 === undefined ? [] : [`macro F1 ${percent(macroF1)}`]),
  ].join(', ');
  return `${figures || 'no figure'}${note === undefined ? '' : ` (${note})`}`;
}
