import type { Runs } from './runs.ts';

/** Their curves are looked at first. */
const newestRuns = 10;
/** of a whole run, as its page asks for them */
const points = 1000;

/**
 * Reads what the list of runs and the pages of the newest ones will ask for, one run after the other, so that nobody waits for it
 * after a start. Nothing depends on it: what can't be read is left to the one who asks for it and is told why.
 * @returns runs whose curves are ready
 */
export async function warmUp(runs: Pick<Runs, 'summaries' | 'curves'>, signal: AbortSignal): Promise<string[]> {
  const ready: string[] = [];
  for (const { run } of (await runs.summaries()).slice(0, newestRuns)) {
    if (signal.aborted) break;
    const curves = await runs.curves(run, { points }).catch(() => undefined);
    if (curves) ready.push(run);
  }
  return ready;
}
