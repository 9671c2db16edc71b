import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import type { RunCurves, RunDetail } from '#lib/contracts';

import { ChartControls, type StepRange } from '../charts/chart-controls.tsx';
import { horizontal, logarithmic, setLogarithmic, smoothing } from '../charts/chart-settings.ts';
import { seriesColour } from '../charts/colours.ts';
import { CurveChart } from '../charts/curve-chart.tsx';
import { positionOf, positions, stepsBetween } from '../charts/horizontal.ts';
import type { ChartLine } from '../charts/plot-data.ts';
import { type ChartOfRun, chartsOf } from '../charts/quantities.ts';
import type { CurvesOfRun } from '../state/run-curves.ts';

/** Every curve of a run, live. */
export function CurvesPanel({ run, curves }: { run: RunDetail; curves: CurvesOfRun }) {
  const shown = curves.shown.value;
  const lastStep = useComputed(() => curves.all.value?.step.at(-1) ?? 0).value;
  const zoomTo = (range: StepRange | undefined) => void curves.zoomTo(range);
  if (!shown) return <p class="waiting">Fetching curves …</p>;
  if (shown.step.length === 0) return <p class="muted">No step yet; curves begin with the first one.</p>;
  const stepsPerEpoch = run.resolved?.stepsPerEpoch;
  return (
    <section aria-labelledby="curves">
      <h2 id="curves">Curves</h2>
      <ChartControls zoom={curves.zoom.value} lastStep={lastStep} onZoom={zoomTo} />
      <Charts
        shown={shown}
        startMs={curves.startMs.value}
        zoom={curves.zoom.value}
        stepsPerEpoch={stepsPerEpoch}
        onZoom={zoomTo}
      />
      {shown.stepsPerPoint > 1 && (
        <p class="muted">
          A point is the mean of {shown.stepsPerPoint} steps, its band goes from the least to the largest value. Zoom in
          to see single steps.
        </p>
      )}
    </section>
  );
}

function Charts({
  shown,
  startMs,
  zoom,
  stepsPerEpoch,
  onZoom,
}: {
  shown: RunCurves;
  startMs: number | undefined;
  zoom: StepRange | undefined;
  stepsPerEpoch: number | undefined;
  onZoom: (zoom: StepRange | undefined) => void;
}) {
  const by = horizontal.value;
  const where = useMemo(() => positions(shown, by, { stepsPerEpoch, startMs }), [shown, by, stepsPerEpoch, startMs]);
  const range = zoom && ([positionOf(shown.step, where, zoom.from), positionOf(shown.step, where, zoom.to)] as const);
  const charts = useMemo(
    () => chartsOf(shown).map((chart) => ({ chart, lines: linesOf(chart, shown, where) })),
    [shown, where],
  );
  return (
    <div class="charts">
      {charts.map(({ chart: { title, hint, format }, lines }) => (
        <CurveChart
          key={title}
          title={title}
          hint={hint}
          lines={lines}
          format={format}
          by={by}
          smoothing={smoothing.value}
          isLog={logarithmic.value.includes(title)}
          onLog={(isLog) => setLogarithmic(title, isLog)}
          range={range}
          onRange={(next) => onZoom(next && stepsBetween(shown.step, where, next))}
          syncKey="run"
        />
      ))}
    </div>
  );
}

const linesOf = ({ curves }: ChartOfRun, shown: RunCurves, x: number[]): ChartLine[] =>
  curves.flatMap(({ name, label }, i) => {
    const curve = shown.curves[name];
    return curve ? [{ label, colour: seriesColour(i), x, ...curve }] : [];
  });
