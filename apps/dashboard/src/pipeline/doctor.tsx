import { useSignal } from '@preact/signals';

import type { DoctorReport } from '#lib/contracts';

import { ActionButton } from '../parts/action.tsx';
import { client } from '../state/client.ts';

/** Checks of servers, storage and settings, when they are asked for: some of them write. */
export function Doctor() {
  const report = useSignal<DoctorReport | undefined>(undefined);
  return (
    <section class="panel" aria-labelledby="doctor">
      <div class="row">
        <h2 id="doctor">Checks</h2>
        <ActionButton
          act={async () => {
            report.value = await client.doctor();
          }}
        >
          {report.value ? 'Check again' : 'Check servers and storage'}
        </ActionButton>
      </div>
      <div role="status">
        {report.value === undefined ? (
          <p class="muted">NATS, streams, clock, storage and its speed, disk, dead letters: it takes a few seconds.</p>
        ) : (
          <ul class="checks">
            {report.value.checks.map(({ check, ok, found, remedy }) => (
              <li key={check}>
                <strong class={ok ? 'good' : 'problem'}>
                  <span aria-hidden="true">{ok ? '✓' : '✕'}</span> {check} {ok ? 'is well' : 'fails'}
                </strong>
                : {found}
                {!ok && remedy && ` · ${remedy}`}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
