import type { UnlabelEvent } from '#lib/contracts';

/** What a live stream needs of a browser, as arguments, so that it can be tried without one. */
export interface LiveSurroundings {
  /** events until the signal is aborted or control goes away; throws where nobody answers, says so when they begin to come */
  events: (signal: AbortSignal, onOpen: () => void) => AsyncIterable<UnlabelEvent>;
  /** calls back before the next time that the page is drawn */
  nextFrame: (draw: () => void) => void;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** told with undefined when events begin to come, with the error when they can't be had */
  onConnection: (error: unknown) => void;
}

type Listener = (events: readonly UnlabelEvent[]) => void;
type Refresh = () => void;

const firstDelayMs = 500;
const maxDelayMs = 8000;

/**
 * One stream of events for the whole page. Listeners get all that came since the last frame at once. After a gap (control was away,
 * the page was in the background) everything is fetched again, since events may have been missed.
 */
export class LiveStream {
  readonly #surroundings: LiveSurroundings;
  readonly #listeners = new Set<Listener>();
  readonly #refreshes = new Set<Refresh>();
  #waiting: UnlabelEvent[] = [];
  #stop: AbortController | undefined;

  constructor(surroundings: LiveSurroundings) {
    this.#surroundings = surroundings;
  }

  /** @returns stops listening */
  onEvents(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Called when events begin to come, at first and after every gap: what is shown may be old. @returns stops that */
  onGap(refresh: Refresh): () => void {
    this.#refreshes.add(refresh);
    return () => void this.#refreshes.delete(refresh);
  }

  /** Begins, unless it has begun. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  /** Ends; nothing is kept open, nothing is computed until the next start. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#waiting = [];
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { events, wait, onConnection } = this.#surroundings;
    let delayMs = firstDelayMs;
    while (!signal.aborted) {
      const onOpen = () => {
        delayMs = firstDelayMs;
        onConnection(undefined);
        for (const refresh of this.#refreshes) refresh();
      };
      try {
        for await (const event of events(signal, onOpen)) this.#receive(event);
      } catch (error) {
        if (!signal.aborted) onConnection(error);
      }
      if (!signal.aborted) await wait(delayMs, signal);
      delayMs = Math.min(2 * delayMs, maxDelayMs);
    }
  }

  #receive(event: UnlabelEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length === 1) this.#surroundings.nextFrame(() => this.#deliver());
  }

  #deliver(): void {
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length > 0) for (const listener of this.#listeners) listener(events);
  }
}
