import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import './runs.css';

import { lazy } from '../lazy.tsx';
import type { Order } from '../parts/sorting.ts';
import { ProblemWords } from '../parts/problem-words.tsx';
import type { RunColumn } from '../runs/columns.ts';
import { everyRun, filtered, type RunFilter } from '../runs/filter.ts';
import { FilterBar } from '../runs/filter-bar.tsx';
import { RunsTable } from '../runs/runs-table.tsx';
import { go } from '../state/place.ts';
import { liveRuns, runList } from '../state/runs.ts';

const StartRun = lazy(async () => (await import('../runs/start-run.tsx')).StartRun);

// They outlast a look at another page.
const filter = signal<RunFilter>(everyRun);
const order = signal<Order<RunColumn>>({ by: 'createdAt', isDescending: true });
const selected = signal<string[]>([]);
const isStarting = signal(false);

/** Every run: where it stands, what it reached; and the way to start one. */
export function RunsPage() {
  useEffect(() => runList.watch(), []);
  const runs = liveRuns();
  const problem = runList.problem.value;
  const there = new Set(runs?.map(({ run }) => run));
  const chosen = selected.value.filter((run) => there.has(run));
  return (
    <>
      <div class="row page-head">
        <h1>Runs</h1>
        <button type="button" class="main" onClick={() => (isStarting.value = true)}>
          Start a run
        </button>
        <button type="button" disabled={chosen.length < 2} onClick={() => go({ page: 'compare', runs: chosen })}>
          Compare {chosen.length > 0 ? `${chosen.length} selected` : ''}
        </button>
        {chosen.length > 0 && (
          <button type="button" onClick={() => (selected.value = [])}>
            Select none
          </button>
        )}
        {chosen.length === 0 && <span class="muted">Select two or more to compare them.</span>}
      </div>
      {problem && (
        <p class="problem" role="alert">
          <ProblemWords problem={problem} />
        </p>
      )}
      {!runs && !problem && <p class="waiting">Fetching runs …</p>}
      {runs?.length === 0 && (
        <p class="panel">
          No run yet. Start one above, or from a terminal: <code>./unlabel run simsiam --dataset NAME</code>
        </p>
      )}
      {runs && runs.length > 0 && (
        <>
          <FilterBar runs={runs} filter={filter.value} onFilter={(next) => (filter.value = next)} />
          <RunsTable
            runs={filtered(runs, filter.value)}
            order={order.value}
            onOrder={(next) => (order.value = next)}
            selected={chosen}
            onSelected={(next) => (selected.value = next)}
            onChanged={runList.refresh}
          />
        </>
      )}
      {isStarting.value && <StartRun onClose={() => (isStarting.value = false)} />}
    </>
  );
}
