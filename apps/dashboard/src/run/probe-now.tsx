import { useSignal } from '@preact/signals';

import { type ProbeCall, type ProbeKind, type RunDetail } from '#lib/contracts';

import { Dialog } from '../parts/dialog.tsx';
import { FieldProblem } from '../parts/field-problem.tsx';
import { client } from '../state/client.ts';
import { type Problem, problemOf } from '../state/problem.ts';

/** Kinds of probes in words. */
export const kindNames: Record<ProbeKind, string> = {
  knn: 'k-NN',
  linear: 'linear probe',
  'linear-sgd': 'linear probe by SGD, with augmentation',
  'fine-tune': 'fine-tuning',
  'few-labels-1': 'linear probe on 1 % of the labels',
  'few-labels-10': 'linear probe on 10 % of the labels',
};
const kinds = Object.keys(kindNames) as ProbeKind[];

/** Has an encoder of a run measured. */
export function ProbeDialog({
  run,
  checkpoint: first,
  onClose,
  onAsked,
}: {
  run: RunDetail;
  checkpoint: ProbeCall['checkpoint'];
  onClose: () => void;
  onAsked: () => void;
}) {
  const { summary, head } = run;
  const chosen = useSignal<ProbeKind[]>(['knn', 'linear']);
  const checkpoint = useSignal(String(first));
  const split = useSignal<ProbeCall['split']>('eval');
  const again = useSignal(false);
  const wrong = useSignal<Problem | undefined>(undefined);
  const asked = useSignal(false);
  const ask = async () => {
    const at = checkpoint.value;
    try {
      await client.probeRun(summary.run, {
        kinds: chosen.value,
        checkpoint: at === 'last' || at === 'best' ? at : Number(at),
        split: split.value,
        again: again.value,
      });
      asked.value = true;
      onAsked();
    } catch (error) {
      wrong.value = problemOf(error);
    }
  };
  const toggle = (kind: ProbeKind) =>
    (chosen.value = kinds.filter((each) => (each === kind) !== chosen.value.includes(each)));
  if (asked.value)
    return (
      <Dialog title="Probe now" onClose={onClose}>
        <p>Asked for. Results appear on the page of the run when they come.</p>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </Dialog>
    );
  return (
    <Dialog title={`Probe ${summary.run} now`} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <fieldset>
          <legend>What to measure</legend>
          {kinds.map((kind) => (
            <label key={kind} class="inline">
              <input type="checkbox" checked={chosen.value.includes(kind)} onChange={() => toggle(kind)} />
              {kindNames[kind]}
            </label>
          ))}
        </fieldset>
        <label>
          Of which encoder
          <select value={checkpoint.value} onChange={({ currentTarget }) => (checkpoint.value = currentTarget.value)}>
            {head.checkpoints.length > 0 && <option value="last">the last checkpoint</option>}
            {head.best && <option value="best">the best checkpoint (step {head.best.step})</option>}
            {head.checkpoints.map(({ step }) => (
              <option key={step} value={String(step)}>
                the checkpoint of step {step}
              </option>
            ))}
            <option value="0">the one before the first step</option>
          </select>
        </label>
        <label>
          On which split
          <select
            value={split.value}
            onChange={({ currentTarget }) => (split.value = currentTarget.value as ProbeCall['split'])}
          >
            <option value="eval">eval, which is reported</option>
            <option value="tune">tune, which decides</option>
          </select>
        </label>
        <label class="inline">
          <input type="checkbox" checked={again.value} onChange={() => (again.value = !again.value)} />
          Measure what is there already once more
        </label>
        <FieldProblem id="probe-problem" problem={wrong.value} />
        <div class="buttons">
          <button type="submit" class="main" disabled={chosen.value.length === 0}>
            Measure
          </button>
        </div>
      </form>
    </Dialog>
  );
}
