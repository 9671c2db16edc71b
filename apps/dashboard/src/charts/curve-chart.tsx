import { signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import 'uplot/dist/uPlot.min.css';
import './curve-chart.css';

import { isDark } from '../state/theme.ts';
import type { Horizontal } from './horizontal.ts';
import { type ChartLine, plotData, valueAt } from './plot-data.ts';
import { plotOptions, seriesIndex } from './plot-options.ts';

export interface CurveChartProps {
  title: string;
  hint: string;
  lines: readonly ChartLine[];
  format: (value: number | null) => string;
  by: Horizontal;
  smoothing: number;
  isLog: boolean;
  onLog: (isLog: boolean) => void;
  /** what is shown from left to right; undefined: everything */
  range: readonly [from: number, to: number] | undefined;
  /** told of what was dragged over; undefined: all of it again */
  onRange: (range: readonly [from: number, to: number] | undefined) => void;
  syncKey: string;
  heightPx?: number;
}

/** Curves that one can zoom into. Drawn outside of Preact, and only while it is seen. */
export function CurveChart(props: CurveChartProps) {
  const { title, hint, lines, format, by, smoothing, isLog, onLog, range, syncKey, heightPx = 220 } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isSeen = useSignal(false);
  const cursor = useMemo(() => signal<number | undefined>(undefined), []);
  const latest = useRef(props);
  latest.current = props;
  const data = useMemo(() => plotData(lines, smoothing, isLog), [lines, smoothing, isLog]);
  const look = JSON.stringify([lines.map(({ label, colour }) => [label, colour]), by, isLog, isDark.value, heightPx]);

  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const seen = new IntersectionObserver(
      (entries) => (isSeen.value = entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: '200px' },
    );
    seen.observe(element);
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: latest.current.heightPx ?? 220 }),
    );
    resized.observe(element);
    return () => {
      seen.disconnect();
      resized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    if (!isSeen.value) return;
    const element = box.current as HTMLDivElement;
    plot.current?.destroy();
    plot.current = new uPlot(
      plotOptions(
        element,
        { width: element.clientWidth, height: heightPx },
        {
          lines,
          by,
          isLog,
          format,
          syncKey,
          onSelect: (from, to) => latest.current.onRange([from, to]),
          onReset: () => latest.current.onRange(undefined),
          onCursor: (index) => (cursor.value = index),
        },
      ),
      data,
      element,
    );
    show(plot.current, range);
  }, [isSeen.value, look]);

  useEffect(() => {
    if (!plot.current || !isSeen.value) return;
    plot.current.setData(data, false);
    show(plot.current, range);
  }, [data, range?.[0], range?.[1], isSeen.value]);

  return (
    <figure class="curve-chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="muted">{hint}</span>
        <button type="button" aria-pressed={isLog} onClick={() => onLog(!isLog)}>
          log<span class="unseen"> scale of {title}</span>
        </button>
      </figcaption>
      <div ref={box} class="plot" style={{ minHeight: `${heightPx}px` }} role="img" aria-label={spoken(props)} />
      <Legend lines={lines} data={data} cursor={cursor} format={format} />
    </figure>
  );
}

/** Left to right as asked for, or all of it. */
function show(plot: uPlot, range: CurveChartProps['range']): void {
  const x = plot.data[0];
  const [min, max] = range ?? [x[0] ?? 0, x[x.length - 1] ?? 1];
  plot.setScale('x', { min, max: max > min ? max : min + 1 });
}

/** What a chart shows, for those who do not see it. */
function spoken({ title, lines, format }: CurveChartProps): string {
  const last = lines.map(({ label, mean }) => `${label} ${format(valueAt(mean, mean.length - 1))}`);
  return `${title}, last values: ${last.join(', ')}`;
}

function Legend({
  lines,
  data,
  cursor,
  format,
}: Pick<CurveChartProps, 'lines' | 'format'> & {
  data: uPlot.AlignedData;
  cursor: { value: number | undefined };
}) {
  const at = cursor.value ?? Infinity;
  return (
    <ul class="curve-legend">
      {lines.map(({ label, colour }, i) => (
        <li key={label} style={{ '--colour': `var(${colour})` }}>
          <span>{label}</span> <output>{format(valueAt(data[seriesIndex(i, 'line')] ?? [], at))}</output>
        </li>
      ))}
    </ul>
  );
}
