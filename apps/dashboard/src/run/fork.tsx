import { useSignal } from '@preact/signals';

import type { ForkCall, RunDetail } from '#lib/contracts';

import { changesProblem, parseChanges } from '../parts/changes.ts';
import { Dialog } from '../parts/dialog.tsx';
import { FieldProblem } from '../parts/field-problem.tsx';
import { client } from '../state/client.ts';
import { go } from '../state/place.ts';
import { type Problem, problemOf } from '../state/problem.ts';

/** Another run that goes on from a checkpoint of this one, otherwise. */
export function ForkDialog({
  run,
  checkpoint: first,
  onClose,
}: {
  run: RunDetail;
  checkpoint: ForkCall['checkpoint'];
  onClose: () => void;
}) {
  const { summary, head, spec } = run;
  const changes = useSignal(`epochs=${2 * spec.epochs}`);
  const checkpoint = useSignal(String(first));
  const name = useSignal('');
  const wrong = useSignal<Problem | undefined>(undefined);
  const isBusy = useSignal(false);
  const fork = async () => {
    const parsed = parseChanges(changes.value);
    if (!parsed.ok) return void (wrong.value = changesProblem(parsed));
    isBusy.value = true;
    const chosen = checkpoint.value;
    try {
      const started = await client.forkRun(summary.run, {
        changes: parsed.changes,
        checkpoint: chosen === 'last' || chosen === 'best' ? chosen : Number(chosen),
        ...(name.value !== '' && { run: name.value }),
      });
      go({ page: 'run', run: started.run });
    } catch (error) {
      wrong.value = problemOf(error);
    }
    isBusy.value = false;
  };
  const isOfName = wrong.value?.field === 'run';
  return (
    <Dialog title={`Fork ${summary.run}`} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void fork();
        }}
      >
        <label>
          Checkpoint to go on from
          <select value={checkpoint.value} onChange={({ currentTarget }) => (checkpoint.value = currentTarget.value)}>
            <option value="last">the last one</option>
            {head.best && <option value="best">the best one (step {head.best.step})</option>}
            {head.checkpoints.map(({ step }) => (
              <option key={step} value={String(step)}>
                step {step}
              </option>
            ))}
          </select>
        </label>
        <label>
          Changes, one a line
          <textarea
            value={changes.value}
            onInput={({ currentTarget }) => (changes.value = currentTarget.value)}
            aria-invalid={wrong.value !== undefined && !isOfName}
            aria-describedby="fork-problem"
          />
        </label>
        <p class="muted">
          A fork may change epochs, learning rate, schedule, stopping rules, probes and precision; what its checkpoint
          belongs to, it keeps.
        </p>
        <label>
          Name (made up if empty)
          <input
            value={name.value}
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
            aria-invalid={isOfName}
            aria-describedby="fork-problem"
          />
        </label>
        <FieldProblem id="fork-problem" problem={wrong.value} />
        <div class="buttons">
          <button type="submit" class="main" disabled={isBusy.value}>
            Start the fork
          </button>
        </div>
      </form>
    </Dialog>
  );
}
