import { useEffect, useMemo, useRef } from 'preact/hooks';

import './compare.css';

import { ChosenRuns } from '../compare/chosen-runs.tsx';
import { OverlaidCurves } from '../compare/overlaid-curves.tsx';
import { ResultsTable } from '../compare/results-table.tsx';
import { SpecDifferences } from '../compare/spec-differences.tsx';
import { coloursOf } from '../compare/stable-colours.ts';
import { client } from '../state/client.ts';
import { ProblemWords } from '../parts/problem-words.tsx';
import { ComparedRun } from '../state/compared-runs.ts';
import { onEvents } from '../state/live.ts';
import { polled } from '../state/polled.ts';
import { liveRuns, runList } from '../state/runs.ts';

const everyMs = 60_000;

/** The runs of a comparison, each kept as long as it is part of it. */
function useComparedRuns(names: readonly string[]): ComparedRun[] {
  const open = useRef(new Map<string, { run: ComparedRun; close: () => void }>()).current;
  useEffect(
    () => () => {
      for (const { close } of open.values()) close();
      open.clear();
    },
    [],
  );
  return useMemo(() => {
    for (const [name, { close }] of open)
      if (!names.includes(name)) {
        close();
        open.delete(name);
      }
    return names.map((name) => {
      const known = open.get(name);
      if (known) return known.run;
      const run = new ComparedRun(name);
      open.set(name, { run, close: run.open() });
      return run;
    });
  }, [names.join(',')]);
}

/** Runs beside each other: their curves, what differs in their specs, what they reached. */
export function ComparePage({ runs: names }: { runs: string[] }) {
  useEffect(() => runList.watch(), []);
  const key = names.join(',');
  const runs = useComparedRuns(names);
  const comparison = useMemo(() => polled(() => client.compare({ runs: names }), everyMs), [key]);
  useEffect(() => {
    if (names.length === 0) return undefined;
    const leave = [
      comparison.watch(),
      onEvents((events) => events.some(({ type }) => type === 'probe-result') && comparison.refresh()),
    ];
    return () => leave.forEach((each) => each());
  }, [comparison]);
  const colours = useMemo(() => coloursOf(names), [key]);
  const details = runs.flatMap(({ detail }) => detail.value ?? []);
  const problem = comparison.problem.value;
  return (
    <>
      <h1>Compare</h1>
      <ChosenRuns chosen={names} all={liveRuns() ?? []} colours={colours} />
      {names.length === 0 && <p class="panel">Choose runs above, or select them in the list of runs.</p>}
      <OverlaidCurves runs={runs} colours={colours} />
      {problem && (
        <p class="problem panel" role="alert">
          No table of results: <ProblemWords problem={problem} />
        </p>
      )}
      {!problem && comparison.value.value && <ResultsTable comparison={comparison.value.value} colours={colours} />}
      {names.length > 0 && <SpecDifferences runs={details} />}
    </>
  );
}
