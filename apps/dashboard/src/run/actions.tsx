import { useSignal } from '@preact/signals';

import type { RunDetail } from '#lib/contracts';

import { ActionButton } from '../parts/action.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { client } from '../state/client.ts';
import { go } from '../state/place.ts';
import { ForkDialog } from './fork.tsx';
import { ProbeDialog } from './probe-now.tsx';

/** What can be done about a run in its state. */
export function RunActions({ run, onChanged }: { run: RunDetail; onChanged: () => void }) {
  const { run: name, state } = run.summary;
  const open = useSignal<'fork' | 'probe' | 'remove' | undefined>(undefined);
  const close = () => (open.value = undefined);
  const hasCheckpoint = run.head.checkpoints.length > 0;
  const isStopping = run.head.wanted === 'stop' && state === 'running';
  return (
    <div class="row actions">
      {(state === 'queued' || state === 'running' || state === 'blocked') && (
        <ActionButton disabled={isStopping} act={() => client.stopRun(name).then(onChanged)}>
          {isStopping ? 'Stopping after its checkpoint …' : 'Stop'}
        </ActionButton>
      )}
      {(state === 'stopped' || state === 'failed' || state === 'blocked') && (
        <ActionButton className="main" act={() => client.resumeRun(name).then(onChanged)}>
          Resume
        </ActionButton>
      )}
      <button type="button" disabled={!hasCheckpoint} onClick={() => (open.value = 'fork')}>
        Fork
      </button>
      <button type="button" onClick={() => (open.value = 'probe')}>
        Probe now
      </button>
      <a href={`#/compare?runs=${name}`}>Compare</a>
      <button type="button" class="danger" onClick={() => (open.value = 'remove')}>
        Remove
      </button>
      {!hasCheckpoint && <span class="muted">It can be forked from its first checkpoint on.</span>}
      {open.value === 'fork' && <ForkDialog run={run} checkpoint="last" onClose={close} />}
      {open.value === 'probe' && <ProbeDialog run={run} checkpoint="last" onClose={close} onAsked={onChanged} />}
      {open.value === 'remove' && <RemoveDialog run={name} onClose={close} />}
    </div>
  );
}

function RemoveDialog({ run, onClose }: { run: string; onClose: () => void }) {
  return (
    <Dialog title={`Remove ${run}?`} onClose={onClose}>
      <p>
        Its spec, checkpoints, metrics, probes and pictures are deleted for good. View blocks stay, since other runs may
        share them.
      </p>
      <div class="row">
        <ActionButton className="danger" act={() => client.removeRun(run).then(() => go({ page: 'runs' }))}>
          Remove it for good
        </ActionButton>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </Dialog>
  );
}
