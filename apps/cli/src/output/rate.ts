const overMs = 60_000;
/** A rate of less than that many seconds is a guess. */
const atLeastMs = 1500;

/** How fast a number grows, over the last minute. */
export class Rate {
  readonly #seen: { at: number; ms: number }[] = [];

  /** @returns per second; undefined while it is not known yet */
  update(at: number): number | undefined {
    const now = performance.now();
    if (at < (this.#seen.at(-1)?.at ?? at)) this.#seen.length = 0; // it began again
    if (this.#seen.at(-1)?.at !== at) this.#seen.push({ at, ms: now });
    while (this.#seen.length > 2 && now - (this.#seen[0]?.ms ?? now) > overMs) this.#seen.shift();
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    return first && last && last.at > first.at ? (1000 * (last.at - first.at)) / (last.ms - first.ms) : undefined;
  }
}

/** When a task of which one share is done will be done altogether. */
export class TimeLeft {
  readonly #startedMs = performance.now();
  readonly #rate = new Rate();

  /** @returns seconds; undefined while it can't be told */
  update(share: number): number | undefined {
    const rate = this.#rate.update(share);
    if (rate === undefined || performance.now() - this.#startedMs < atLeastMs || share >= 1) return undefined;
    return (1 - share) / rate;
  }
}
