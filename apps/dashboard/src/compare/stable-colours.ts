import { seriesColour } from '../charts/colours.ts';

const given = new Map<string, number>();

/**
 * Colours of runs: one that a run has it keeps as long as the page is open, also when others come and go. A new run gets the first
 * colour that none of those beside it has.
 */
export function coloursOf(runs: readonly string[], known: Map<string, number> = given): Map<string, string> {
  for (const run of runs) {
    if (known.has(run)) continue;
    const taken = new Set(runs.flatMap((other) => known.get(other) ?? []));
    let colour = 0;
    while (taken.has(colour)) colour++;
    known.set(run, colour);
  }
  return new Map(runs.map((run) => [run, seriesColour(known.get(run) as number)]));
}
