/**
 * Lets work run side by side, or alone. libvips keeps the words for what went wrong in one place for all its threads, so that of
 * images decoded at once one may be told another's words, or none. A failure is therefore repeated alone, and that one counts.
 */
export class Gate {
  #running = 0;
  #alone: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: (() => void) | undefined;

  /** @throws what `work` throws when nothing runs beside it */
  async run<T>(work: () => Promise<T>): Promise<T> {
    while (this.#waiting > 0) await this.#alone;
    this.#running++;
    try {
      return await work();
    } catch {
      // falls through, once it counts as ended
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
    return this.#runAlone(work);
  }

  async #runAlone<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#alone.then(async () => {
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
      this.#idle = undefined;
      return work();
    });
    this.#alone = turn.catch(() => undefined).finally(() => this.#waiting--);
    return turn;
  }
}
