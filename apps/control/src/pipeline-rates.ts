import type { Stage } from '#lib/contracts';

const windowMs = 60_000;

/** How fast queues are emptied, from how many of their jobs had ended at some moments. */
export class PipelineRates {
  readonly #samples = new Map<Stage, { atMs: number; ended: number }[]>();

  /** Notes how many jobs of a stage had ended. */
  add(stage: Stage, ended: number, atMs: number): void {
    const samples = this.#samples.get(stage) ?? [];
    this.#samples.set(stage, samples);
    if ((samples.at(-1)?.ended ?? 0) > ended) samples.length = 0; // the stream was made anew
    samples.push({ atMs, ended });
    // the newest of those that are a minute old stays: the window begins there
    while (samples[1] && samples[1].atMs <= atMs - windowMs) samples.shift();
  }

  /** Jobs that ended in the last minute; as long as less than a minute was seen, at the pace of what was. */
  perMinute(stage: Stage): number {
    const samples = this.#samples.get(stage) ?? [];
    const [first, last] = [samples[0], samples.at(-1)];
    if (!first || !last || last.atMs === first.atMs) return 0;
    return ((last.ended - first.ended) * windowMs) / (last.atMs - first.atMs);
  }
}
