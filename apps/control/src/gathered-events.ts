import type { UnlabelEvent } from '#lib/contracts';

/** The events of a while as they are sent: the same bytes to everyone who listens. */
export type EventChunk = Uint8Array<ArrayBuffer>;

/** A listener adds so much to how long events are gathered: no more than ten chunks a second are sent in all. */
const gatherMsPerListener = 100;
/** So long a step may be on its way to a page at most. */
const mostGatherMs = 5_000;
/** And what changes more than figures. */
const mostGatherMsOfChanges = 500;

/**
 * Gathers events: one page that watches a run gets each step as it comes, many pages get those of some seconds together, since what
 * the machine spends on them it doesn't spend on the training. The first event after a silence is sent at once.
 */
export class GatheredEvents {
  readonly #listeners = new Set<(chunk: EventChunk) => void>();
  #waiting: UnlabelEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Infinity;
  #sentMs = -Infinity;

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @param isChange whether it changes more than live figures: pages wait for it, and get all that waits with it */
  receive(event: UnlabelEvent, isChange = false): void {
    if (this.#listeners.size === 0) return;
    this.#waiting.push(event);
    const gatherMs = Math.min(
      gatherMsPerListener * this.#listeners.size,
      isChange ? mostGatherMsOfChanges : mostGatherMs,
    );
    const dueMs = this.#sentMs + gatherMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    const inMs = dueMs - performance.now();
    if (inMs <= 0) return this.#send();
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#send(), inMs).unref();
  }

  /** @returns leaves; nothing is gathered for nobody */
  listen(listener: (chunk: EventChunk) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#forget();
    };
  }

  #send(): void {
    const text = this.#waiting.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    this.#forget();
    this.#sentMs = performance.now();
    const chunk = new TextEncoder().encode(text);
    for (const listener of this.#listeners) listener(chunk);
  }

  #forget(): void {
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Infinity;
  }
}
