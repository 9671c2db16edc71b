import { type CheckpointEntry, keys } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

/**
 * Whether pictures of a run's checkpoints are there, polled from the store. Only pruning waits for them, never a step; how many
 * checkpoints that holds is bounded, since `isPictured` is true of few.
 */
export class PicturesWait {
  readonly #store: Pick<ObjectStore, 'head'>;
  readonly #run: string;
  readonly #isPictured: (entry: CheckpointEntry) => boolean;
  /** steps whose pictures are there or will never come */
  readonly #settled = new Set<number>();

  constructor(store: Pick<ObjectStore, 'head'>, run: string, isPictured: (entry: CheckpointEntry) => boolean) {
    this.#store = store;
    this.#run = run;
    this.#isPictured = isPictured;
  }

  /** Whether a checkpoint waits for its pictures: it must not be pruned. */
  isPending(entry: CheckpointEntry): boolean {
    return this.#isPictured(entry) && !this.#settled.has(entry.step);
  }

  /** Looks for the pictures of pending checkpoints; true when some have come, or were given up. */
  async look(checkpoints: CheckpointEntry[]): Promise<boolean> {
    let news = false;
    for (const { step } of checkpoints.filter((entry) => this.isPending(entry))) {
      const key = keys.picturesMade(this.#run, step, 'encoder');
      if (!((await this.#store.head(key)) ?? (await this.#store.head(keys.failedMark(key))))) continue;
      this.#settled.add(step);
      news = true;
    }
    return news;
  }
}
