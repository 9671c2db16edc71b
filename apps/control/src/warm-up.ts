import { setTimeout as sleep } from 'node:timers/promises';

import type { Runs } from './runs.ts';

/** Their curves are looked at first, so nothing rests before they are read. */
const newestRuns = 10;
/** of a whole run, as its page asks for them */
const points = 1000;
/** Of the rest of the runs: a quarter of a processor at most, since training may want it. */
const restsPerRead = 3;
const againEveryMs = 300_000;

/**
 * Reads what the list of runs and the pages of runs will ask for, one run after the other, the newest first, so that nobody waits
 * for it. Ends where what control keeps of curves is full. Nothing depends on it: what can't be read is left to the one who asks
 * for it and is told why.
 * @param read last step of each run when it was read: those that have no more are passed over
 * @param rests how long it rests after a run, in times of what reading took
 * @returns runs that were read
 */
export async function warmUp(
  runs: Pick<Runs, 'summaries' | 'curves' | 'hasRoomForCurves'>,
  signal: AbortSignal,
  read = new Map<string, number>(),
  rests = restsPerRead,
): Promise<string[]> {
  const ready: string[] = [];
  for (const [place, { run, step }] of (await runs.summaries()).entries()) {
    if (signal.aborted || !runs.hasRoomForCurves()) break;
    if (read.get(run) === step) continue;
    const startMs = performance.now();
    const curves = await runs.curves(run, { points }).catch(() => undefined);
    read.set(run, step);
    if (curves) ready.push(run);
    if (place >= newestRuns) await resting(rests * (performance.now() - startMs), signal);
  }
  return ready;
}

/** Warms up now and every few minutes, as runs go on and new ones come, until the signal. @param failed is told why one ended early */
export async function keepWarm(
  runs: Parameters<typeof warmUp>[0],
  signal: AbortSignal,
  failed: (error: unknown) => void,
  everyMs = againEveryMs,
): Promise<void> {
  const read = new Map<string, number>();
  while (!signal.aborted) {
    await warmUp(runs, signal, read).catch(failed);
    await resting(everyMs, signal);
  }
}

/** Ends early, without an error, when the signal does. */
const resting = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
