import { useEffect, useMemo } from 'preact/hooks';

import './compare.css';

import { ChosenRuns } from '../compare/chosen-runs.tsx';
import { OverlaidCurves } from '../compare/overlaid-curves.tsx';
import { ResultsTable } from '../compare/results-table.tsx';
import { SpecDifferences } from '../compare/spec-differences.tsx';
import { coloursOf } from '../compare/stable-colours.ts';
import { client } from '../state/client.ts';
import { ComparedRun } from '../state/compared-runs.ts';
import { onEvents } from '../state/live.ts';
import { polled } from '../state/polled.ts';
import { liveRuns, runList } from '../state/runs.ts';

const everyMs = 60_000;

/** Runs beside each other: their curves, what differs in their specs, what they reached. */
export function ComparePage({ runs: names }: { runs: string[] }) {
  useEffect(() => runList.watch(), []);
  const key = names.join(',');
  const runs = useMemo(() => names.map((run) => new ComparedRun(run)), [key]);
  useEffect(() => {
    const leave = runs.map((run) => run.open());
    return () => leave.forEach((each) => each());
  }, [runs]);
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
          No table of results: {problem.text}
          {problem.remedy && <> · {problem.remedy}</>}
        </p>
      )}
      {!problem && comparison.value.value && <ResultsTable comparison={comparison.value.value} colours={colours} />}
      {names.length > 0 && <SpecDifferences runs={details} />}
    </>
  );
}
