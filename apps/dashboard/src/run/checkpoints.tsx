import { useSignal } from '@preact/signals';

import type { CheckpointEntry, RunDetail } from '#lib/contracts';
import { bytes, count, percent } from '#lib/figures';

import { ForkDialog } from './fork.tsx';
import { kindNames, ProbeDialog } from './probe-now.tsx';

const kindsOfCheckpoint: Record<CheckpointEntry['kind'], string> = {
  fixed: 'at its step',
  time: 'by time, only to resume from',
  final: 'final',
};

/** What a run can go on from and be measured at. */
export function CheckpointsPanel({ run, onChanged }: { run: RunDetail; onChanged: () => void }) {
  const { checkpoints, best } = run.head;
  const open = useSignal<{ what: 'probe' | 'fork'; step: number } | undefined>(undefined);
  const close = () => (open.value = undefined);
  const perEpoch = run.resolved?.stepsPerEpoch;
  return (
    <section class="panel" aria-labelledby="checkpoints">
      <h2 id="checkpoints">Checkpoints</h2>
      {checkpoints.length === 0 && <p class="muted">None yet.</p>}
      {checkpoints.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of checkpoints">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  Step
                </th>
                <th scope="col" class="number">
                  Epoch
                </th>
                <th scope="col">Kind</th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col">Best on tune</th>
                <th scope="col">
                  <span class="unseen">What to do</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {checkpoints.map(({ step, cursor, kind, sizeBytes }) => (
                <tr key={step}>
                  <th scope="row" class="number">
                    {count(step)}
                  </th>
                  <td class="number">{perEpoch ? (step / perEpoch).toFixed(1) : cursor.epoch}</td>
                  <td>{kindsOfCheckpoint[kind]}</td>
                  <td class="number">{bytes(sizeBytes)}</td>
                  <td>
                    {best?.step === step && (
                      <strong class="state-finished">
                        best: {kindNames[best.metric]} {percent(best.value)}
                      </strong>
                    )}
                  </td>
                  <td class="row">
                    <button type="button" onClick={() => (open.value = { what: 'probe', step })}>
                      Probe<span class="unseen"> step {step}</span>
                    </button>
                    <button type="button" onClick={() => (open.value = { what: 'fork', step })}>
                      Fork<span class="unseen"> from step {step}</span>
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {open.value?.what === 'fork' && <ForkDialog run={run} checkpoint={open.value.step} onClose={close} />}
      {open.value?.what === 'probe' && (
        <ProbeDialog run={run} checkpoint={open.value.step} onClose={close} onAsked={onChanged} />
      )}
    </section>
  );
}
