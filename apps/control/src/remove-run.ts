import { keys } from '#lib/contracts';
import { jsonBytes, type ObjectStore } from '#lib/storage';

import { storedHead, tombstone } from './run-head.ts';
import type { Runs } from './runs.ts';

/** Removes runs: a tombstone head first, which fences whoever works on the run, then all that it made. Views stay, which others may share. */
export class Removal {
  readonly #store: ObjectStore;
  readonly #runs: Runs;

  constructor(store: ObjectStore, runs: Runs) {
    this.#store = store;
    this.#runs = runs;
  }

  /** @throws UsageError for a run that doesn't exist */
  async remove(run: string): Promise<void> {
    await this.#runs.spec(run);
    for (;;) {
      const { value, version } = await storedHead(this.#store, run);
      if (value.state === 'removed') break;
      const buried = tombstone(value);
      if ((await this.#store.replace(keys.runHead(run), jsonBytes(buried), version)) === undefined) continue;
      this.#runs.announce(buried);
      break;
    }
    await this.sweep(run);
  }

  /** Deletes what a removed run left, its tombstone apart; the spec last, so that a sweep that is cut off is done again. */
  async sweep(run: string): Promise<void> {
    const last = keys.runSpec(run);
    for await (const { key } of this.#store.list(`${keys.runs()}${run}/`))
      if (key !== last && key !== keys.runHead(run)) await this.#store.delete(key);
    await this.#store.delete(last);
    this.#runs.forget(run);
  }

  /** Deletes what a fenced worker wrote after its run was swept. */
  async sweepLate(): Promise<void> {
    for (const run of await this.#runs.specless())
      if ((await this.#runs.state(run)) === 'removed') await this.sweep(run);
  }
}
