import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';

import { figure } from '#lib/figures';

import type { Series } from './series.ts';

export interface LineChartProps {
  /** unique in the document */
  id: string;
  title: string;
  /** what is read along the vertical axis, with its unit */
  yLabel: string;
  series: Series[];
  /** how a value is written; as a plain figure if absent */
  format?: (value: number) => string;
}

const [width, height] = [720, 300];
const margin = { top: 14, right: 190, bottom: 44, left: 76 };
const labelHeight = 15;
/** Colours and dashes together tell lines apart, on paper without colours, too. */
const dashes = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '1 2', '6 2 2 2 2 2'];
const shownCharacters = 23;

/** Lines over epochs, each labelled at its end, with axes and units. */
export function LineChart({ id, title, yLabel, series, format = figure }: LineChartProps) {
  const all = series.flatMap(({ points }) => points);
  const x = scaleLinear().domain([0, Math.max(...all.map((point) => point.x))]);
  x.range([margin.left, width - margin.right]);
  const [least, largest] = [
    nearlyZero(Math.min(...all.map(({ y, low }) => low ?? y))),
    Math.max(...all.map(({ y, high }) => high ?? y)),
  ];
  const pad = least === largest ? Math.abs(least) * 0.1 || 1 : 0;
  const y = scaleLinear()
    .domain([least - pad, largest + pad])
    .nice(5)
    .range([height - margin.bottom, margin.top]);
  const ends = labelPlaces(series.map(({ points }) => y(points.at(-1)?.y ?? 0)));
  const described = series.map((each) => `${each.label} ends at ${format(each.points.at(-1)?.y ?? 0)}`).join('; ');
  return (
    <figure class="chart">
      <div class="scroll" tabIndex={0} role="group" aria-label={title}>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={`${id}-title ${id}-text`}>
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-text`}>{`${yLabel} by epoch. ${described}.`}</desc>
          <YAxis y={y} label={yLabel} format={format} />
          <XAxis x={x} />
          {series.map(({ points }, i) => (
            <Line key={i} points={points} place={i} x={x} y={y} />
          ))}
          {series.map(({ label, points }, i) => (
            <EndLabel
              key={i}
              label={label}
              place={i}
              at={x(points.at(-1)?.x ?? 0)}
              from={y(points.at(-1)?.y ?? 0)}
              to={ends[i] as number}
            />
          ))}
        </svg>
      </div>
      <figcaption>{title}</figcaption>
    </figure>
  );
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

function YAxis({ y, label, format }: { y: Scale; label: string; format: (value: number) => string }) {
  return (
    <g class="axis">
      {y.ticks(5).map((tick) => (
        <g key={tick}>
          <line class="grid" x1={margin.left} x2={width - margin.right} y1={round(y(tick))} y2={round(y(tick))} />
          <text x={margin.left - 8} y={round(y(tick))} text-anchor="end" dominant-baseline="middle">
            {format(tick)}
          </text>
        </g>
      ))}
      <text transform={`translate(13 ${(height - margin.bottom + margin.top) / 2}) rotate(-90)`} text-anchor="middle">
        {label}
      </text>
    </g>
  );
}

function XAxis({ x }: { x: Scale }) {
  const bottom = height - margin.bottom;
  return (
    <g class="axis">
      <line class="base" x1={margin.left} x2={width - margin.right} y1={bottom} y2={bottom} />
      {x.ticks(7).map((tick) => (
        <g key={tick}>
          <line class="base" x1={round(x(tick))} x2={round(x(tick))} y1={bottom} y2={bottom + 4} />
          <text x={round(x(tick))} y={bottom + 17} text-anchor="middle">
            {figure(tick)}
          </text>
        </g>
      ))}
      <text x={(margin.left + width - margin.right) / 2} y={height - 8} text-anchor="middle">
        epoch
      </text>
    </g>
  );
}

function Line({ points, place, x, y }: { points: Series['points']; place: number; x: Scale; y: Scale }) {
  type Point = Series['points'][number];
  const path = line<Point>(
    (point) => x(point.x),
    (point) => y(point.y),
  ).digits(1);
  const band = area<Point>(
    (point) => x(point.x),
    (point) => y(point.low ?? point.y),
    (point) => y(point.high ?? point.y),
  );
  const isBanded = points.some(({ low }) => low !== undefined);
  const [only] = points;
  const dash = dashes[Math.floor(place / 8 + place) % dashes.length];
  return (
    <g class={`s${place % 8}`}>
      {isBanded && <path class="band" d={band.digits(1)(points) ?? ''} />}
      {points.length === 1 && only ? (
        <circle class="dot" cx={round(x(only.x))} cy={round(y(only.y))} r="3" />
      ) : (
        <path class="line" d={path(points) ?? ''} {...(dash && { 'stroke-dasharray': dash })} />
      )}
    </g>
  );
}

function EndLabel({
  label,
  place,
  at,
  from,
  to,
}: {
  label: string;
  place: number;
  at: number;
  from: number;
  to: number;
}) {
  const left = width - margin.right + 14;
  return (
    <g class={`s${place % 8}`}>
      <path class="leader" d={`M${round(at)} ${round(from)}L${left - 3} ${round(to)}`} />
      <text class="label" x={left} y={round(to)} dominant-baseline="middle">
        {shortened(label)}
      </text>
    </g>
  );
}

/** Names of runs differ at their ends as often as at their beginnings. */
export function shortened(label: string): string {
  if (label.length <= shownCharacters) return label;
  const tail = Math.floor(shownCharacters / 2);
  return `${label.slice(0, shownCharacters - 1 - tail)}…${label.slice(-tail)}`;
}

/** Heights of labels near the ends of their lines, moved apart so that none lies on another, within the chart. */
export function labelPlaces(wanted: readonly number[]): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  const places = [...wanted];
  let free = margin.top;
  for (const i of order) {
    places[i] = Math.max(places[i] as number, free);
    free = (places[i] as number) + labelHeight;
  }
  let limit = Math.max(height - margin.bottom, margin.top + labelHeight * (order.length - 1));
  for (const i of order.toReversed()) {
    places[i] = Math.min(places[i] as number, limit);
    limit = (places[i] as number) - labelHeight;
  }
  return places;
}

/** What rounding has left of a zero must not open an axis below it. */
const nearlyZero = (value: number): number => (Math.abs(value) < 1e-12 ? 0 : value);

const round = (value: number): number => Math.round(10 * value) / 10;
