import { useSignal } from '@preact/signals';

import type { DatasetDetail, RunSummary } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import { ActionButton } from '../parts/action.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { client } from '../state/client.ts';

const over = new Set<RunSummary['state']>(['finished', 'failed', 'removed']);

/** Asks whether a dataset shall really go, and says what goes with it. */
export function RemoveDialog({
  detail: { summary, disk },
  runs,
  onClose,
  onRemoved,
}: {
  detail: DatasetDetail;
  runs: readonly RunSummary[];
  onClose: () => void;
  onRemoved: () => void;
}) {
  const force = useSignal(false);
  const users = runs.filter(({ state }) => !over.has(state));
  const remove = async () => {
    await client.removeDataset(summary.dataset, force.value);
    onRemoved();
  };
  return (
    <Dialog title={`Remove ${summary.dataset}?`} onClose={onClose}>
      <p>
        Its images go from the storage: {bytes(disk.shardsBytes - disk.sharedBytes)}
        {disk.sharedBytes > 0 && `; ${bytes(disk.sharedBytes)} stay, which other datasets hold as well`}. The source is
        not touched. Runs that ended on it stay, with their figures, but can’t be probed or gone on with.
      </p>
      {users.length > 0 && (
        <>
          <p class="problem">
            {count(users.length)} {users.length === 1 ? 'run that is' : 'runs that are'} not over{' '}
            {users.length === 1 ? 'needs' : 'need'} it: {users.map(({ run }) => run).join(', ')}.
          </p>
          <p>
            <label>
              <input
                type="checkbox"
                checked={force.value}
                onChange={({ currentTarget }) => (force.value = currentTarget.checked)}
              />{' '}
              Stop {users.length === 1 ? 'it' : 'them'}, and remove the dataset
            </label>
          </p>
        </>
      )}
      <div class="row">
        <ActionButton act={remove} className="danger" disabled={users.length > 0 && !force.value}>
          Remove {summary.dataset}
        </ActionButton>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </Dialog>
  );
}
