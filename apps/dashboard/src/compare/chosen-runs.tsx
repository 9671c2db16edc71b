import type { RunSummary } from '#lib/contracts';

import { go } from '../state/place.ts';

/** Which runs are compared; others can be taken in, and each left out. */
export function ChosenRuns({
  chosen,
  all,
  colours,
}: {
  chosen: readonly string[];
  all: readonly RunSummary[];
  colours: Map<string, string>;
}) {
  const nameOf = (run: string) => all.find((each) => each.run === run)?.about.title ?? run;
  const others = all.filter(({ run }) => !chosen.includes(run));
  const show = (runs: string[]) => go({ page: 'compare', runs });
  return (
    <div class="row chosen-runs">
      {chosen.map((run) => (
        <span key={run} class="chosen-run">
          <span class="swatch" style={{ '--colour': `var(${colours.get(run)})` }} />
          <a href={`#/runs/${run}`}>{nameOf(run)}</a>
          <button
            type="button"
            aria-label={`Leave out ${nameOf(run)}`}
            onClick={() => show(chosen.filter((each) => each !== run))}
          >
            ✕
          </button>
        </span>
      ))}
      {others.length > 0 && (
        <label>
          <span class="unseen">Add a run</span>
          <select
            value=""
            onChange={({ currentTarget }) => {
              const run = currentTarget.value;
              currentTarget.value = '';
              if (run !== '') show([...chosen, run]);
            }}
          >
            <option value="">Add a run …</option>
            {others.map(({ run, about, method, dataset }) => (
              <option key={run} value={run}>
                {about.title ?? run} ({method}, {dataset})
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
