import { type CheckpointEntry, type FromTrainer, type RunHead, type RunSpec } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

import type { OwnedHead } from './claim.ts';
import { keptCheckpoints, sweepCheckpoints } from './keep-checkpoints.ts';
import { PicturesWait } from './pictures-wait.ts';
import { TuneResults } from './tune-results.ts';

type Checkpoint = Extract<FromTrainer, { type: 'checkpoint' }>;

/**
 * What the owner of a run writes into its head while it trains, one change after the other: checkpoints, which count from
 * then on, and the best of them. What the head drops is swept after it.
 */
export class CheckpointCommits {
  readonly #store: ObjectStore;
  readonly #owned: OwnedHead;
  readonly #spec: RunSpec;
  readonly #onFailure: (error: Error) => void;
  readonly tune: TuneResults;
  readonly #pictures: PicturesWait;
  #queue: Promise<void> = Promise.resolve();
  #looking = false;

  /** @param isPictured whether pictures of a checkpoint are made, for which it is kept until they are there */
  constructor(
    store: ObjectStore,
    owned: OwnedHead,
    spec: RunSpec,
    onFailure: (error: Error) => void,
    isPictured: (entry: CheckpointEntry) => boolean = () => false,
  ) {
    this.#store = store;
    this.#owned = owned;
    this.#spec = spec;
    this.#onFailure = onFailure;
    this.tune = new TuneResults(store, owned.head.run, spec, owned.head.best);
    this.#pictures = new PicturesWait(store, owned.head.run, isPictured);
  }

  /** Resolves when all that was added is committed, or has failed and been told. */
  get settled(): Promise<void> {
    return this.#queue;
  }

  /** Makes a checkpoint count, then calls `onCommitted`. */
  add({ entry, metrics, trainSeconds, waitSeconds }: Checkpoint, onCommitted: () => void): void {
    this.#enqueue(async () => {
      const dropped = await this.#commit((head) => ({
        checkpoints: [...head.checkpoints, entry],
        metrics: metrics ? [...head.metrics, metrics] : head.metrics,
        attemptsSinceAdvance: 0,
        trainSeconds,
        waitSeconds,
      }));
      onCommitted();
      await sweepCheckpoints(this.#store, dropped);
    });
  }

  /** Looks for results of probes on tune, of which one may change the best, and for pictures; either lets a checkpoint be pruned. */
  look(): void {
    if (this.#looking || !this.#owned.head.checkpoints.some((entry) => this.#isPending(entry))) return;
    this.#looking = true;
    this.#enqueue(async () => {
      this.#looking = false;
      const { checkpoints } = this.#owned.head;
      const news = await Promise.all([this.tune.look(checkpoints), this.#pictures.look(checkpoints)]);
      if (!news.includes(true)) return;
      await sweepCheckpoints(this.#store, await this.#commit(() => ({})));
    });
  }

  #isPending(entry: CheckpointEntry): boolean {
    return this.tune.isPending(entry) || this.#pictures.isPending(entry);
  }

  async #commit(change: (head: RunHead) => Partial<RunHead>): Promise<CheckpointEntry[]> {
    const { tune } = this;
    let dropped: CheckpointEntry[] = [];
    await this.#owned.commit((head) => {
      const changed = change(head);
      const isHeld = (entry: CheckpointEntry) => entry.step === tune.best?.step || this.#isPending(entry);
      const kept = keptCheckpoints(changed.checkpoints ?? head.checkpoints, this.#spec.checkpoint.keep, isHeld);
      dropped = head.checkpoints.filter(({ folder }) => !kept.some((other) => other.folder === folder));
      return { ...changed, checkpoints: kept, best: tune.best };
    });
    return dropped;
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: Error) => this.#onFailure(error));
  }
}
