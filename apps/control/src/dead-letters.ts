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
  readonly #runs: Runs;
  readonly #port: DeadLetterPort;

  constructor(runs: Runs, port: DeadLetterPort) {
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
}

/** Has an object asked for again that could not be made: its job retried, or where its letter was dropped its mark removed. */
export async function unblock(store: ObjectStore, port: DeadLetterPort, key: string): Promise<void> {
  const letters = (await port.list()).filter(({ resultKey }) => resultKey === key);
  for (const { subject } of letters) await port.retry(subject);
  await store.delete(keys.failedMark(key));
}
