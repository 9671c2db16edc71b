import { readFileSync } from 'node:fs';

/** A place that a process passes, and how often one process does in an undisturbed play. */
export interface PassedPoint {
  process: string;
  point: string;
  /** the most that one of its processes passes it: a measurement has a process of its own */
  times: number;
}

/** What every service does at its start, by one piece of code: enough to look at in one of them. */
const atEveryStart = /storage-probe|workers-event/;

/** The points of a trace, in the order in which they were first passed. */
export function passedPoints(traceFile: string): PassedPoint[] {
  const points = new Map<string, PassedPoint>();
  const counts = new Map<string, number>();
  for (const line of readFileSync(traceFile, 'utf8').split('\n')) {
    const [, process, point] = /^(\S+) \d+: (.*)$/.exec(line) ?? [];
    if (process === undefined || point === undefined) continue;
    const count = (counts.get(line) ?? 0) + 1;
    counts.set(line, count);
    const name = `${process}: ${point}`;
    points.set(name, { process, point, times: Math.max(count, points.get(name)?.times ?? 0) });
  }
  const all = [...points.values()];
  const starting = all.find(({ point }) => atEveryStart.test(point))?.process;
  return all.filter(({ process, point }) => !atEveryStart.test(point) || process === starting);
}
