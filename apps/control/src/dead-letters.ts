import { type DeadLetter, type DeadLetterEnd, keys } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

import type { Runs } from './runs.ts';

/** The stream of dead letters. `retry` and `drop` throw NotFoundError for a subject without one. */
export interface DeadLetterPort {
  list(): Promise<DeadLetter[]>;
  retry(subject: string): Promise<DeadLetter>;
  drop(subject: string): Promise<DeadLetter>;
}

/** Jobs that were given up, and the runs that wait for what they should have made. */
export class DeadLetters {
  readonly #store: ObjectStore;
  readonly #runs: Runs;
  readonly #port: DeadLetterPort;

  constructor(store: ObjectStore, runs: Runs, port: DeadLetterPort) {
    this.#store = store;
    this.#runs = runs;
    this.#port = port;
  }

  /** Oldest first. */
  list(): Promise<DeadLetter[]> {
    return this.#port.list();
  }

  /** Gives a job another chance, and every run that it blocked. @throws NotFoundError for a subject without a dead letter */
  async retry(subject: string): Promise<DeadLetterEnd> {
    const letter = await this.#port.retry(subject);
    const resumed: string[] = [];
    for (const run of await this.#runs.names()) {
      const { state, blockedBy } = await this.#runs.head(run);
      if (state !== 'blocked' || blockedBy === null || blockedBy !== letter.resultKey) continue;
      await this.#runs.resume(run);
      resumed.push(run);
    }
    return { letter, resumed };
  }

  /** Forgets a dead letter; its mark stays, and what waits for the object stays blocked. @throws as `retry` */
  async drop(subject: string): Promise<DeadLetterEnd> {
    return { letter: await this.#port.drop(subject), resumed: [] };
  }

  /** Lets a run go on, and first retries the job that blocks it. @throws NotFoundError and ConflictError as `Runs.resume` */
  async resume(run: string): Promise<void> {
    const { state, blockedBy } = await this.#runs.head(run);
    if (state === 'blocked' && blockedBy !== null) {
      const letters = (await this.#port.list()).filter(({ resultKey }) => resultKey === blockedBy);
      for (const { subject } of letters) await this.#port.retry(subject);
      await this.#store.delete(keys.failedMark(blockedBy)); // whose letter was dropped: the run asks for it again
    }
    await this.#runs.resume(run);
  }
}
