import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

import { horizontal, logarithmic, setLogarithmic, smoothing } from '../charts/chart-settings.ts';
import { CurveChart } from '../charts/curve-chart.tsx';
import { positions, stepsBetween } from '../charts/horizontal.ts';
import type { ChartLine } from '../charts/plot-data.ts';
import { chartOfQuantity } from '../charts/quantities.ts';
import { HorizontalControl, SmoothingControl } from '../charts/shared-controls.tsx';
import type { ComparedRun } from '../state/compared-runs.ts';
import { remembered } from '../state/remembered.ts';

const quantity = remembered('compared', 'loss', (kept) => (typeof kept === 'string' ? kept : undefined));

/** One quantity of several runs in one chart. */
export function OverlaidCurves({ runs, colours }: { runs: readonly ComparedRun[]; colours: Map<string, string> }) {
  const range = useSignal<readonly [number, number] | undefined>(undefined);
  const by = horizontal.value;
  const shown = runs.map(({ curves }) => curves.shown.value);
  const details = runs.map(({ detail }) => detail.value);
  const names = [...new Set(shown.flatMap((curves) => Object.keys(curves?.curves ?? {})))];
  const name = names.includes(quantity.value) ? quantity.value : 'loss';
  const chart = chartOfQuantity(name);
  const where = useMemo(
    () =>
      shown.map(
        (curves, i) =>
          curves &&
          positions(curves, by, {
            stepsPerEpoch: details[i]?.resolved?.stepsPerEpoch,
            startMs: runs[i]?.curves.startMs.value,
          }),
      ),
    [...shown, ...details, by],
  );
  const lines = useMemo(
    () =>
      runs.flatMap(({ run }, i): ChartLine[] => {
        const [curve, x] = [shown[i]?.curves[name], where[i]];
        const label = details[i]?.summary.about.title ?? run;
        return curve && x ? [{ label, colour: colours.get(run) ?? '--series-1', x, ...curve }] : [];
      }),
    [where, name, colours],
  );
  const zoomTo = (next: readonly [number, number] | undefined) => {
    range.value = next;
    for (const [i, { curves }] of runs.entries()) {
      const [own, x] = [shown[i], where[i]];
      void curves.zoomTo(next && own && x && stepsBetween(own.step, x, next));
    }
  };
  useEffect(() => zoomTo(undefined), [by]);
  if (runs.length === 0) return null;
  return (
    <section aria-labelledby="overlaid">
      <div class="row chart-controls">
        <h2 id="overlaid">Curves</h2>
        <label>
          Quantity{' '}
          <select value={name} onChange={({ currentTarget }) => (quantity.value = currentTarget.value)}>
            {names.map((each) => (
              <option key={each} value={each}>
                {chartOfQuantity(each).title}
              </option>
            ))}
          </select>
        </label>
        <SmoothingControl />
        <HorizontalControl />
        <button type="button" disabled={!range.value} onClick={() => zoomTo(undefined)}>
          Show all
        </button>
      </div>
      {lines.length === 0 && <p class="muted">None of them has a curve of it yet.</p>}
      <CurveChart
        title={chart.title}
        hint={chart.hint}
        lines={lines}
        format={chart.format}
        by={by}
        smoothing={smoothing.value}
        isLog={logarithmic.value.includes(chart.title)}
        onLog={(isLog) => setLogarithmic(chart.title, isLog)}
        range={range.value}
        onRange={zoomTo}
        syncKey="compare"
        heightPx={360}
      />
    </section>
  );
}
