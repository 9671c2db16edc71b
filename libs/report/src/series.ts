import type { CompareRow, RunCurves } from '#lib/contracts';

import type { ReportRun } from './report-data.ts';
import { standings } from './verdict.ts';

/** A line of a chart, by epochs, with a band around it where it is the mean of several seeds. */
export interface Series {
  label: string;
  method: string;
  points: { x: number; y: number; low?: number; high?: number }[];
}

/** The lines of one quantity: one a run, or one a group of seeds, in the order of the table. */
export function seriesOf(curve: string, runs: readonly ReportRun[], rows: readonly CompareRow[]): Series[] {
  const byName = new Map(runs.map((run) => [run.detail.summary.run, run]));
  return standings(rows).flatMap(({ row, runs: members }) => {
    const lines = members.flatMap(({ run }) => {
      const found = run === null ? undefined : byName.get(run);
      const points = found ? pointsOf(found, curve) : [];
      return points.length > 0 ? [points] : [];
    });
    const [first] = lines;
    if (!first) return [];
    const points = lines.length > 1 ? withBand(lines) : first;
    return [{ label: row.label, method: row.method ?? row.label, points }];
  });
}

type Point = { x: number; y: number };

function pointsOf({ detail, curves }: ReportRun, curve: string): Point[] {
  const stepsPerEpoch = detail.resolved?.stepsPerEpoch;
  const { mean } = curves.curves[curve] ?? ({} as Partial<RunCurves['curves'][string]>);
  if (!mean || stepsPerEpoch === undefined) return [];
  return mean.flatMap((y, i) => (y === null ? [] : [{ x: (curves.step[i] as number) / stepsPerEpoch, y }]));
}

/** Mean and standard deviation (n − 1) of lines, at the points of the first, as far as all of them reach. */
export function withBand(lines: readonly Point[][]): Series['points'] {
  const [first = []] = lines;
  const from = Math.max(...lines.map((line) => line[0]?.x ?? Infinity));
  const to = Math.min(...lines.map((line) => line.at(-1)?.x ?? -Infinity));
  return first
    .filter(({ x }) => x >= from && x <= to)
    .map(({ x }) => {
      const values = lines.map((line) => at(line, x));
      const y = values.reduce((sum, value) => sum + value, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - y) ** 2, 0) / (values.length - 1));
      return { x, y, low: y - deviation, high: y + deviation };
    });
}

/** A line between its points. */
function at(line: readonly Point[], x: number): number {
  const next = line.findIndex((point) => point.x >= x);
  const [a, b] = [line[Math.max(next - 1, 0)] as Point, line[next] as Point];
  return a.x === b.x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}
