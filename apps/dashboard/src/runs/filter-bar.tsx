import type { RunSummary } from '#lib/contracts';

import { choicesOf, everyRun, type RunFilter } from './filter.ts';

/** What of the runs one wants to see. */
export function FilterBar({
  runs,
  filter,
  onFilter,
}: {
  runs: readonly RunSummary[];
  filter: RunFilter;
  onFilter: (filter: RunFilter) => void;
}) {
  const choices = choicesOf(runs);
  const isFiltered = Object.values(filter).some((text) => text !== '');
  return (
    <div class="row filter" role="search" aria-label="Filter of runs">
      <label>
        Find{' '}
        <input
          type="search"
          value={filter.text}
          placeholder="id, title, tag, notes …"
          onInput={({ currentTarget }) => onFilter({ ...filter, text: currentTarget.value })}
        />
      </label>
      {(['state', 'method', 'dataset', 'tag'] as const)
        .filter((name) => choices[name].length > 0)
        .map((name) => (
          <label key={name}>
            {name}{' '}
            <select
              value={filter[name]}
              onChange={({ currentTarget }) => onFilter({ ...filter, [name]: currentTarget.value })}
            >
              <option value="">all</option>
              {choices[name].map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
            </select>
          </label>
        ))}
      {isFiltered && (
        <button type="button" onClick={() => onFilter(everyRun)}>
          Show all
        </button>
      )}
    </div>
  );
}
