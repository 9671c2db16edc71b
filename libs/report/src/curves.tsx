import { figure } from '#lib/figures';

import { LineChart, type LineChartProps } from './line-chart.tsx';
import type { ReportData } from './report-data.ts';
import { type Series, seriesOf } from './series.ts';

const share = (value: number): string => `${figure(100 * value)} %`;

/** Quantities that mean the same for every method. */
const shared: (Omit<LineChartProps, 'id' | 'series'> & { curve: string })[] = [
  { curve: 'onlineKnn', title: 'Online k-NN on tune', yLabel: 'top-1', format: share },
  { curve: 'learningRate', title: 'Learning rate', yLabel: 'learning rate' },
  { curve: 'rankMe', title: 'Effective rank of the embeddings (RankMe)', yLabel: 'rank' },
  { curve: 'embeddingStd', title: 'Standard deviation of the normalised embeddings', yLabel: 'standard deviation' },
  { curve: 'gradientNorm', title: 'Gradient norm', yLabel: 'norm' },
  { curve: 'imagesPerSecond', title: 'Training speed', yLabel: 'images per second' },
];
/** More lines than that can't be told apart. */
const mostLines = 16;

/** Curves of all runs over epochs: one chart a quantity, the loss of each method on an axis of its own. */
export function Curves({ data: { comparison, runs } }: { data: ReportData }) {
  const losses = Map.groupBy(seriesOf('loss', runs, comparison.rows), ({ method }) => method);
  const charts = [
    ...[...losses].map(([method, series]) => ({
      title: `Loss of ${method}`,
      yLabel: 'loss',
      series,
    })),
    ...shared.map(({ curve, ...chart }) => ({ ...chart, series: seriesOf(curve, runs, comparison.rows) })),
  ].filter(({ series }) => series.length > 0);
  if (charts.length === 0) return <p>No step has been trained yet.</p>;
  const isBanded = charts.some(({ series }) =>
    series.some(({ points }) => points.some(({ low }) => low !== undefined)),
  );
  const cut = Math.max(...charts.map(({ series }) => series.length)) - mostLines;
  return (
    <>
      <p>
        By epochs, so that runs of different batch sizes can be laid over each other.
        {losses.size > 1 &&
          ' Losses of different methods are different quantities, so each method has an axis of its own.'}
        {isBanded && ' A line with a band is the mean over seeds, the band its standard deviation (n − 1).'}
        {cut > 0 && ` Of each quantity the first ${mostLines} lines are drawn.`}
      </p>
      <div class="charts">
        {charts.map((chart, i) => (
          <LineChart key={i} id={`chart-${i}`} {...chart} series={firstOf(chart.series)} />
        ))}
      </div>
    </>
  );
}

const firstOf = (series: Series[]): Series[] => series.slice(0, mostLines);
