import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { type Problem, problemOf } from '../state/problem.ts';

export interface Fetched<T> {
  /** what came last, also while the next is awaited */
  value: T | undefined;
  /** whether `value` is not yet of the present key */
  isAwaited: boolean;
  problem: Problem | undefined;
}

/**
 * Something that is fetched once for a key, and again for another one.
 * @param key what is fetched, in words; undefined: nothing
 */
export function useFetched<T>(key: string | undefined, fetch: () => Promise<T>): Fetched<T> {
  const state = useSignal<{ key: string; value: T } | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    if (key === undefined) return undefined;
    let isCurrent = true;
    fetch().then(
      (value) => {
        if (!isCurrent) return;
        state.value = { key, value };
        problem.value = undefined;
      },
      (error: unknown) => {
        if (isCurrent) problem.value = problemOf(error);
      },
    );
    return () => void (isCurrent = false);
  }, [key]);
  return { value: state.value?.value, isAwaited: state.value?.key !== key, problem: problem.value };
}
