import type { UnlabelEvent } from '#lib/contracts';

/** The events of a while as they are sent: the same bytes to everyone who listens. */
export type EventChunk = Uint8Array<ArrayBuffer>;

/**
 * Gathers events, so that many pages that watch a run get a chunk a second instead of each step alone: what the machine spends on them it
 * doesn't spend on the training. The first event after a silence is sent at once.
 */
export class GatheredEvents {
  readonly #gatherMs: number;
  readonly #listeners = new Set<(chunk: EventChunk) => void>();
  #waiting: UnlabelEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(gatherMs = 1_000) {
    this.#gatherMs = gatherMs;
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
    this.#timer = setTimeout(() => this.#send(), this.#gatherMs).unref();
  }
}
