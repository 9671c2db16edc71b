import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import { type Problem, problemOf } from '../state/problem.ts';

/** A button that does something over the network: it waits for the end, and says beside itself what went wrong. */
export function ActionButton({
  act,
  children,
  className = '',
  disabled = false,
}: {
  act: () => Promise<unknown>;
  children: ComponentChildren;
  className?: string;
  disabled?: boolean;
}) {
  const isBusy = useSignal(false);
  const failed = useSignal<Problem | undefined>(undefined);
  const run = async () => {
    isBusy.value = true;
    failed.value = undefined;
    try {
      await act();
    } catch (error) {
      failed.value = problemOf(error);
    }
    isBusy.value = false;
  };
  return (
    <span class="action">
      <button type="button" class={className} disabled={disabled || isBusy.value} onClick={() => void run()}>
        {children}
      </button>
      {failed.value && (
        <span class="problem" role="alert">
          {' '}
          {failed.value.text}
          {failed.value.remedy && ` · ${failed.value.remedy}`}
        </span>
      )}
    </span>
  );
}
