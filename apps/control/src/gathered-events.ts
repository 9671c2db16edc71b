import type { UnlabelEvent } from '#lib/contracts';

/** The events of a while as they are sent: the same bytes to everyone who listens. */
export type EventChunk = Uint8Array<ArrayBuffer>;

/** A listener adds so much to how long events are gathered: no more than 25 chunks a second are sent in all. */
const gatherMsPerListener = 40;
/** So long a step may be on its way to a page at most. */
const mostGatherMs = 2_000;

/**
 * Gathers events: one page that watches a run gets each step as it comes, many pages get those of a second or two together, since what
 * the machine spends on them it doesn't spend on the training. The first event after a silence is sent at once.
 */
export class GatheredEvents {
  readonly #listeners = new Set<(chunk: EventChunk) => void>();
  #waiting: UnlabelEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  get listeners(): number {
    return this.#listeners.size;
  }

  receive(event: UnlabelEvent): void {
    if (this.#listeners.size === 0) return;
    this.#waiting.push(event);
    if (this.#timer === undefined) this.#send();
  }

  /** @returns leaves; nothing is gathered for nobody */
  listen(listener: (chunk: EventChunk) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#waiting = [];
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #send(): void {
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    this.#waiting = [];
    const chunk = new TextEncoder().encode(text);
    for (const listener of this.#listeners) listener(chunk);
    const gatherMs = Math.min(mostGatherMs, gatherMsPerListener * this.#listeners.size);
    this.#timer = setTimeout(() => this.#send(), gatherMs).unref();
  }
}
