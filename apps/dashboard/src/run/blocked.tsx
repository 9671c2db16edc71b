import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { DeadLetter } from '#lib/contracts';

import { ActionButton } from '../parts/action.tsx';
import { client } from '../state/client.ts';
import { guarded } from '../state/problem.ts';

/** What a run waits for that could not be made, and the ways out. */
export function BlockedBy({ run, object, onChanged }: { run: string; object: string; onChanged: () => void }) {
  const letters = useSignal<DeadLetter[] | undefined>(undefined);
  useEffect(
    () =>
      void guarded(async () => {
        letters.value = (await client.deadLetters()).filter(({ resultKey }) => resultKey === object);
      }),
    [object],
  );
  const letter = letters.value?.[0];
  return (
    <div class="blocked" role="note">
      <p>
        It waits for <code>{object}</code>, which could not be made.
      </p>
      {letter && (
        <>
          <p>
            Its job was given up after {letter.deliveries} deliveries: {letter.reason}
            {letter.remedy && <> · {letter.remedy}</>}
          </p>
          <ActionButton className="main" act={() => client.retryDeadLetter(letter.subject).then(onChanged)}>
            Retry the job; the run goes on by itself
          </ActionButton>
        </>
      )}
      {letters.value && !letter && (
        <>
          <p>There is no dead letter of it any more: it was dropped or retried. Resuming has it made again.</p>
          <ActionButton className="main" act={() => client.resumeRun(run).then(onChanged)}>
            Resume
          </ActionButton>
        </>
      )}
    </div>
  );
}
