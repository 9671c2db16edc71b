import { useSignal } from '@preact/signals';

import type { RunSummary } from '#lib/contracts';

import { SortHead } from '../parts/sort-head.tsx';
import { type Order, sorted } from '../parts/sorting.ts';
import { columns, type RunColumn, sortValue } from './columns.ts';
import { EditAbout } from './edit-about.tsx';
import { GroupRow } from './group-row.tsx';
import { groupSeeds } from './group-seeds.ts';
import { RunRow } from './run-row.tsx';

interface Props {
  runs: readonly RunSummary[];
  order: Order<RunColumn>;
  onOrder: (order: Order<RunColumn>) => void;
  /** ids of runs that were chosen to be compared */
  selected: readonly string[];
  onSelected: (selected: string[]) => void;
  onChanged: () => void;
}

/** Runs as a table; those that differ in seed alone are one line, which opens. */
export function RunsTable({ runs, order, onOrder, selected, onSelected, onChanged }: Props) {
  const open = useSignal<readonly string[]>([]);
  const edited = useSignal<RunSummary | undefined>(undefined);
  const lines = sorted(groupSeeds(runs), (line) => sortValue(line, order.by), order.isDescending);
  const toggle = (names: string[]) => {
    const others = selected.filter((run) => !names.includes(run));
    onSelected(names.every((run) => selected.includes(run)) ? others : [...others, ...names]);
  };
  const row = (run: RunSummary, isMember: boolean) => (
    <RunRow
      key={run.run}
      run={run}
      isMember={isMember}
      isSelected={selected.includes(run.run)}
      onSelect={() => toggle([run.run])}
      onEdit={() => (edited.value = run)}
    />
  );
  return (
    <>
      <div class="scroll panel runs-table" tabIndex={0} role="region" aria-label="Runs">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">To compare</span>
              </th>
              {columns.map((each) => (
                <SortHead key={each.column} {...each} order={order} onOrder={onOrder} />
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.flatMap((line) => {
              if (line.kind === 'run') return [row(line.run, false)];
              const names = line.runs.map(({ run }) => run);
              const isOpen = open.value.includes(line.key);
              return [
                <GroupRow
                  key={line.key}
                  line={line}
                  isOpen={isOpen}
                  onToggle={() =>
                    (open.value = isOpen ? open.value.filter((key) => key !== line.key) : [...open.value, line.key])
                  }
                  isSelected={names.every((run) => selected.includes(run))}
                  onSelect={() => toggle(names)}
                />,
                ...(isOpen ? line.runs.map((run) => row(run, true)) : []),
              ];
            })}
          </tbody>
        </table>
      </div>
      {edited.value && (
        <EditAbout
          run={edited.value.run}
          about={edited.value.about}
          onClose={() => (edited.value = undefined)}
          onChanged={onChanged}
        />
      )}
    </>
  );
}
