import { signal, type ReadonlySignal } from '@preact/signals';

import { onGap } from './live.ts';
import { type Problem, problemOf } from './problem.ts';

/** Something that is fetched, now and then again. */
export interface Polled<T> {
  /** undefined until it came */
  value: ReadonlySignal<T | undefined>;
  /** why the last fetch failed; undefined: it didn't */
  problem: ReadonlySignal<Problem | undefined>;
  /** fetches it again; calls that come while it is being fetched, or shortly after, become one */
  refresh(): void;
  /** fetches it as long as somebody shows it. @returns ends that */
  watch(): () => void;
}

const atMostEveryMs = 1000;

/**
 * @param fetch gets it
 * @param everyMs how often, while it is shown and the page is seen, since events only shorten waits; Infinity: after gaps alone
 */
export function polled<T>(fetch: () => Promise<T>, everyMs: number): Polled<T> {
  const value = signal<T | undefined>(undefined);
  const problem = signal<Problem | undefined>(undefined);
  let watchers = 0;
  let isFetching = false;
  let isWanted = false;
  let lastMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = async () => {
    isFetching = true;
    isWanted = false;
    lastMs = performance.now();
    try {
      value.value = await fetch();
      problem.value = undefined;
    } catch (error) {
      problem.value = problemOf(error);
    }
    isFetching = false;
    if (watchers > 0 && (isWanted || everyMs !== Infinity)) schedule(isWanted ? atMostEveryMs : everyMs);
  };
  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void (document.hidden ? undefined : run()), ms);
  };
  const refresh = () => {
    isWanted = true;
    if (isFetching || watchers === 0) return;
    schedule(Math.max(0, lastMs + atMostEveryMs - performance.now()));
  };
  return {
    value,
    problem,
    refresh,
    watch() {
      watchers++;
      const leave = onGap(refresh);
      refresh();
      return () => {
        leave();
        watchers--;
        if (watchers === 0) clearTimeout(timer);
      };
    },
  };
}
