import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { DeadLetter, DeadLetterEnd } from '#lib/contracts';
import { count } from '#lib/figures';

import { dateTime } from '../format.ts';
import { ActionButton } from '../parts/action.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { client } from '../state/client.ts';
import { polled } from '../state/polled.ts';

const letters = polled<DeadLetter[]>(() => client.deadLetters(), 10_000);

type Action = 'retry' | 'drop';
const call: Record<Action, (subject: string) => Promise<DeadLetterEnd>> = {
  retry: (subject) => client.retryDeadLetter(subject),
  drop: (subject) => client.dropDeadLetter(subject),
};

/** Jobs that were given up, with what can be done about each, or about all. @param known how many there are now */
export function DeadLetters({ known }: { known: number }) {
  const said = useSignal('');
  const confirmed = useSignal<{ action: Action; subjects: string[] } | undefined>(undefined);
  useEffect(() => letters.watch(), []);
  useEffect(() => letters.refresh(), [known]);
  const all = letters.value.value;
  const end = async (action: Action, subjects: readonly string[]) => {
    const resumed: string[] = [];
    for (const subject of subjects) resumed.push(...(await call[action](subject)).resumed);
    const what = `${count(subjects.length)} ${subjects.length === 1 ? 'job' : 'jobs'} ${action === 'retry' ? 'asked for again' : 'dropped'}`;
    said.value = resumed.length > 0 ? `${what}; goes on: ${resumed.join(', ')}` : what;
    letters.refresh();
  };
  return (
    <section class="panel" aria-labelledby="letters">
      <div class="row">
        <h2 id="letters">Dead letters</h2>
        {all !== undefined && all.length > 0 && (
          <>
            <ActionButton
              act={() =>
                end(
                  'retry',
                  all.map(({ subject }) => subject),
                )
              }
            >
              Retry all
            </ActionButton>
            <button
              type="button"
              class="danger"
              onClick={() => (confirmed.value = { action: 'drop', subjects: all.map(({ subject }) => subject) })}
            >
              Drop all …
            </button>
          </>
        )}
      </div>
      <p role="status">{said.value}</p>
      {all === undefined ? (
        <p class="waiting">Fetching dead letters …</p>
      ) : all.length === 0 ? (
        <p class="muted">None: no job was given up.</p>
      ) : (
        <ul class="letters">
          {all.map((letter) => (
            <Letter
              key={letter.subject}
              letter={letter}
              onRetry={() => end('retry', [letter.subject])}
              onDrop={() => (confirmed.value = { action: 'drop', subjects: [letter.subject] })}
            />
          ))}
        </ul>
      )}
      {confirmed.value && (
        <DropDialog
          subjects={confirmed.value.subjects}
          onClose={() => (confirmed.value = undefined)}
          onDrop={async (subjects) => {
            await end('drop', subjects);
            confirmed.value = undefined;
          }}
        />
      )}
    </section>
  );
}

function Letter({ letter, onRetry, onDrop }: { letter: DeadLetter; onRetry: () => Promise<void>; onDrop: () => void }) {
  const { subject, reason, remedy, deliveries, strikes, resultKey, at } = letter;
  return (
    <li>
      <code>{subject}</code>
      <p class="problem">{reason}</p>
      {remedy && <p>{remedy}</p>}
      <p class="muted">
        {dateTime(at)}, delivered {count(deliveries)} {deliveries === 1 ? 'time' : 'times'}, {count(strikes)} crashes
        {resultKey && (
          <>
            ; would have made <code>{resultKey}</code>
          </>
        )}
      </p>
      <div class="row">
        <ActionButton act={onRetry}>Retry</ActionButton>
        <button type="button" class="danger" onClick={onDrop}>
          Drop …
        </button>
      </div>
    </li>
  );
}

function DropDialog({
  subjects,
  onClose,
  onDrop,
}: {
  subjects: string[];
  onClose: () => void;
  onDrop: (subjects: string[]) => Promise<void>;
}) {
  const [only] = subjects;
  return (
    <Dialog
      title={subjects.length === 1 ? 'Drop this job?' : `Drop all ${count(subjects.length)} jobs?`}
      onClose={onClose}
    >
      <p>
        {subjects.length === 1 && (
          <>
            <code>{only}</code>:{' '}
          </>
        )}
        What {subjects.length === 1 ? 'it' : 'they'} should have made is not made, and what waits for it stays blocked
        until it is asked for again.
      </p>
      <div class="row">
        <ActionButton act={() => onDrop(subjects)} className="danger">
          Drop
        </ActionButton>
        <button type="button" onClick={onClose}>
          Keep
        </button>
      </div>
    </Dialog>
  );
}
