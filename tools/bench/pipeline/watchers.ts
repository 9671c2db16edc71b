import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';

const detailEveryMs = 15_000;
const logEveryMs = 20_000;

/** What so many open pages of a run ask of control: its events all the time, its state and log again and again. No browser draws them. */
export class Watchers implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #all: Promise<unknown>[] = [];
  #events = 0;
  #failure: Error | undefined;

  constructor(client: ControlClient, run: string, count: number) {
    for (let page = 0; page < count; page++)
      this.#all.push(
        this.#listen(client),
        this.#again(detailEveryMs, () => client.run(run)),
        this.#again(logEveryMs, () => client.runLog(run)),
        this.#again(Infinity, () => client.curves(run, { points: 1000 })),
        this.#again(Infinity, () => client.runRecipe(run)),
      );
  }

  /** Events that all of them got together. */
  get events(): number {
    return this.#events;
  }

  /** @throws what one of them met */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#all);
    if (this.#failure) throw this.#failure;
  }

  async #listen(client: ControlClient): Promise<void> {
    try {
      for await (const _ of client.events(this.#end.signal)) this.#events++;
      if (!this.#end.signal.aborted) this.#failure = new Error('control ended a stream of events');
    } catch (error) {
      if (!this.#end.signal.aborted) this.#failure = error as Error;
    }
  }

  async #again(everyMs: number, ask: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#end;
    try {
      while (!signal.aborted) {
        await ask();
        if (everyMs === Infinity) return;
        await sleep(everyMs, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) this.#failure = error as Error;
    }
  }
}
