import { useEffect, useMemo } from 'preact/hooks';

import './run.css';

import type { RunDetail } from '#lib/contracts';

import { lazy } from '../lazy.tsx';
import { Near } from '../parts/near.tsx';
import { ProblemWords } from '../parts/problem-words.tsx';
import { CheckpointsPanel } from '../run/checkpoints.tsx';
import { RunHeader } from '../run/header.tsx';
import { LogPanel } from '../run/log.tsx';
import { ModelPanel } from '../run/model.tsx';
import { ProbesPanel } from '../run/probes.tsx';
import { SpecPanel } from '../run/spec.tsx';
import { RunState } from '../state/run-state.ts';

const CurvesPanel = lazy(async () => (await import('../run/curves.tsx')).CurvesPanel);
const PicturesPanel = lazy(async () => (await import('../run/pictures.tsx')).PicturesPanel);

/** One run: what it does, what it saw, what it is worth, what it is. */
export function RunPage({ run }: { run: string }) {
  const state = useMemo(() => new RunState(run), [run]);
  useEffect(() => state.open(), [state]);
  const detail = state.detail.value.value;
  const problem = state.detail.problem.value;
  if (!detail)
    return (
      <>
        <h1>{run}</h1>
        {problem ? (
          <p class="problem">
            <ProblemWords problem={problem} /> · <a href="#/runs">See all runs</a>
          </p>
        ) : (
          <p class="waiting">Fetching …</p>
        )}
      </>
    );
  return <Panels state={state} run={detail} />;
}

const parts = [
  ['curves', 'Curves'],
  ['probes', 'Probes'],
  ['pictures', 'Pictures'],
  ['checkpoints', 'Checkpoints'],
  ['spec', 'Spec'],
  ['model', 'Model'],
  ['log', 'Log'],
] as const;

function Panels({ state, run }: { state: RunState; run: RunDetail }) {
  const refresh = () => {
    state.detail.refresh();
    state.log.refresh();
  };
  return (
    <>
      <LiveHeader state={state} run={run} onChanged={refresh} />
      <nav class="parts" aria-label="Parts of this page">
        {parts.map(([id, name]) => (
          <button key={id} type="button" onClick={() => document.getElementById(`part-${id}`)?.scrollIntoView()}>
            {name}
          </button>
        ))}
      </nav>
      <div id="part-curves">
        <CurvesPanel run={run} curves={state.curves} />
      </div>
      <div id="part-probes">
        <ProbesPanel run={run} progress={state.progress.value} />
      </div>
      <section class="panel" id="part-pictures" aria-labelledby="pictures">
        <h2 id="pictures">Pictures</h2>
        <Near>{() => <PicturesPanel run={run} />}</Near>
      </section>
      <div id="part-checkpoints">
        <CheckpointsPanel run={run} onChanged={refresh} />
      </div>
      <div id="part-spec">
        <SpecPanel run={run} recipe={state.recipe.value.value} />
      </div>
      <div id="part-model">
        <ModelPanel run={run} />
      </div>
      <div id="part-log">
        <LogPanel log={state.log.value.value} problem={state.log.problem.value} />
      </div>
    </>
  );
}

/** The header with the last live step; apart, so that nothing else is rendered by every step. */
function LiveHeader({ state, run, onChanged }: { state: RunState; run: RunDetail; onChanged: () => void }) {
  const all = state.curves.all.value;
  const step = all?.step.at(-1);
  const last = (name: string) => all?.curves[name]?.mean.at(-1) ?? 0;
  const live = step === undefined ? undefined : { step, loss: last('loss'), imagesPerSecond: last('imagesPerSecond') };
  return <RunHeader run={run} live={live} onChanged={onChanged} />;
}
