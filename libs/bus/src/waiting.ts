import { type BusLog, errorText } from './log.ts';

/** Waits, or returns at once when the signal is aborted. Leaves no timer or listener behind. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal?.addEventListener('abort', end);
  });
}

export interface Patience {
  /** What is tried, for the log: `create views/…`. */
  what: string;
  log: BusLog;
  signal?: AbortSignal | undefined;
  /** Errors that waiting can't mend: thrown at once. */
  isFinal?: ((error: unknown) => boolean) | undefined;
}

const firstDelayMs = 100;
const longestDelayMs = 5_000;

/**
 * Calls `attempt` until it succeeds: a server that is away is waited for. The first failure is logged, then one in ten.
 *
 * @throws the last error once the signal is aborted, and any error for which `isFinal` holds
 */
export async function untilAnswered<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (patience.isFinal?.(error) || patience.signal?.aborted) throw error;
      if (tries % 10 === 1)
        patience.log.warn({ tries, error: errorText(error) }, `${patience.what}: no answer yet, trying again`);
      await pause(Math.min(firstDelayMs * 2 ** Math.min(tries - 1, 10), longestDelayMs), patience.signal);
      if (patience.signal?.aborted) throw error;
    }
  }
}
