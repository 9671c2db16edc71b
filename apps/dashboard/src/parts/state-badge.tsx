import type { RunState } from '#lib/contracts';

const marks: Record<RunState, string> = {
  queued: '○',
  running: '▶',
  blocked: '■',
  stopped: '❚❚',
  finished: '✓',
  failed: '✕',
  removed: '–',
};

/** The state of a run, by word, mark and colour. */
export function StateBadge({ state }: { state: RunState }) {
  return (
    <span class={`state-${state}`}>
      <span aria-hidden="true">{marks[state]}</span> {state}
    </span>
  );
}
