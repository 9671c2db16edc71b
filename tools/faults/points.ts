import { readFileSync } from 'node:fs';

/** A place that a process passes, and how often it does in an undisturbed play. */
export interface PassedPoint {
  process: string;
  point: string;
  times: number;
}

/** What every service does at its start, by one piece of code: enough to look at in one of them. */
const atEveryStart = /storage-probe|workers-event/;

/** The points of a trace, in the order in which they were first passed. */
export function passedPoints(traceFile: string): PassedPoint[] {
  const points = new Map<string, PassedPoint>();
  for (const line of readFileSync(traceFile, 'utf8').split('\n')) {
    const [, process, point] = /^([^:]+): (.*)$/.exec(line) ?? [];
    if (process === undefined || point === undefined) continue;
    const known = points.get(line) ?? { process, point, times: 0 };
    points.set(line, { ...known, times: known.times + 1 });
  }
  const all = [...points.values()];
  const starting = all.find(({ point }) => atEveryStart.test(point))?.process;
  return all.filter(({ process, point }) => !atEveryStart.test(point) || process === starting);
}
