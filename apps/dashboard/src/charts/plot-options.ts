import type uPlot from 'uplot';

import { count, duration, figure } from '#lib/figures';

import { resolveColour } from './colours.ts';
import type { Horizontal } from './horizontal.ts';
import { type ChartLine, parts, type Part } from './plot-data.ts';

/** What a plot is built anew for when it changes. */
export interface PlotLook {
  lines: readonly Pick<ChartLine, 'label' | 'colour'>[];
  by: Horizontal;
  isLog: boolean;
  format: (value: number | null) => string;
  /** plots of one key share their crosshair */
  syncKey: string;
  onSelect: (from: number, to: number) => void;
  onReset: () => void;
  /** place in the table that the crosshair is at; undefined: nowhere */
  onCursor: (index: number | undefined) => void;
}

const secondsBetween = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];
const leastSelectedPx = 4;

/** uPlot's options for a chart of curves. */
export function plotOptions(
  element: HTMLElement,
  size: { width: number; height: number },
  look: PlotLook,
): uPlot.Options {
  const { by, isLog, format, syncKey, onSelect, onReset, onCursor } = look;
  const ink = resolveColour(element, '--muted');
  const line = resolveColour(element, '--line');
  const axis: uPlot.Axis = {
    stroke: ink,
    font: '12px system-ui, sans-serif',
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
  };
  return {
    ...size,
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : {} },
    axes: [
      {
        ...axis,
        values: (_, places) => places.map((place) => (by === 'time' ? duration(place) : figureOf(place))),
        ...(by === 'time' && { incrs: secondsBetween }),
        space: by === 'time' ? 90 : 60,
        size: 32,
      },
      {
        ...axis,
        size: 64,
        values: (_, values) => values.map((value) => (value === null ? '' : tickText(format(value)))),
      },
    ],
    legend: { show: false },
    cursor: {
      y: false,
      sync: {
        key: syncKey,
        scales: ['x', null],
        filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave', sub: () => true },
      },
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => (onReset(), null) },
      points: { show: false },
    },
    series: [{}, ...look.lines.flatMap(({ colour }) => seriesOf(resolveColour(element, colour)))],
    bands: look.lines.map((each, i) => ({
      series: [seriesIndex(i, 'max'), seriesIndex(i, 'min')],
      fill: faint(resolveColour(element, each.colour), 0.18),
    })),
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < leastSelectedPx) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          onSelect(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
        },
      ],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? undefined)],
    },
  };
}

/** Where a part of a line is in the table. */
export const seriesIndex = (line: number, part: Part): number => 1 + line * parts.length + parts.indexOf(part);

function seriesOf(colour: string): uPlot.Series[] {
  const edge: uPlot.Series = { stroke: 'transparent', width: 0, spanGaps: true, points: { show: false } };
  const line: uPlot.Series = {
    stroke: colour,
    width: 1.75,
    spanGaps: true,
    points: { show: (plot, series) => isSparse(plot.data[series]), size: 5, fill: colour },
  };
  return [edge, edge, { stroke: faint(colour, 0.35), width: 1, spanGaps: true, points: { show: false } }, line];
}

const fewPoints = 40;

/** Whether so few values were read that each of them should be seen. */
function isSparse(values: ArrayLike<number | null | undefined> | undefined): boolean {
  let found = 0;
  for (let i = 0; i < (values?.length ?? 0) && found <= fewPoints; i++)
    if (values?.[i] !== null && values?.[i] !== undefined) found++;
  return found <= fewPoints;
}

const faint = (colour: string, part: number): string => `color-mix(in srgb, ${colour} ${100 * part}%, transparent)`;

/** A figure beside an axis: without zeros at its end. */
export const tickText = (text: string): string =>
  text.replace(/(\.\d*?)0+(?=\D|$)/, (_, kept: string) => (kept === '.' ? '' : kept));

const figureOf = (value: number): string => (Number.isInteger(value) ? count(value) : figure(value));
