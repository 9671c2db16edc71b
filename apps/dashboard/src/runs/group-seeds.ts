import type { RunSummary } from '#lib/contracts';

/** Mean and standard deviation (n − 1); null where there is nothing to take them of. */
export interface Spread {
  mean: number | null;
  deviation: number | null;
  count: number;
}

/** A line of the list: one run, or runs of one spec that differ in seed alone. */
export type RunLine =
  | { kind: 'run'; key: string; run: RunSummary }
  | { kind: 'group'; key: string; runs: RunSummary[]; loss: Spread; knn: Spread; linear: Spread };

/** Runs of one spec with several seeds together, in the place of the first of them. */
export function groupSeeds(runs: readonly RunSummary[]): RunLine[] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of runs) groups.set(run.specGroup, [...(groups.get(run.specGroup) ?? []), run]);
  return [...groups].flatMap(([key, members]): RunLine[] => {
    if (new Set(members.map(({ seed }) => seed)).size < 2)
      return members.map((run) => ({ kind: 'run', key: run.run, run }));
    const of = (read: (run: RunSummary) => number | null) => spread(members.flatMap((run) => read(run) ?? []));
    const figures = { loss: of(({ loss }) => loss), knn: of(({ knn }) => knn), linear: of(({ linear }) => linear) };
    return [{ kind: 'group', key, runs: members, ...figures }];
  });
}

export function spread(values: readonly number[]): Spread {
  const count = values.length;
  if (count === 0) return { mean: null, deviation: null, count };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, deviation: null, count };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (count - 1)), count };
}
