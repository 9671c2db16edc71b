import { type AugmentJob, type Cursor, keys, type RunResolved, type RunSpec, subjects } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

export interface WindowOptions {
  store: Pick<ObjectStore, 'head'>;
  publish: (subject: string, job: AugmentJob) => Promise<unknown>;
  spec: RunSpec;
  resolved: RunResolved;
  traceId: string;
}

const askAgainMs = 10_000;

/**
 * Keeps a window of view blocks asked for ahead of the cursor, and no more: this is the back-pressure. Blocks that are
 * there already (another run's, or an earlier attempt's) are not asked for; blocks that don't come are asked for again,
 * in order of need, since a message can be lost.
 */
export class BlockWindow {
  readonly #options: WindowOptions;
  readonly #asked = new Map<string, number>();
  readonly #there = new Set<string>();
  #moving: Promise<void> = Promise.resolve();

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Asks for what the window at this cursor lacks. Calls queue up, so that requests keep their order. */
  move(cursor: Cursor): Promise<void> {
    this.#moving = this.#moving.then(() => this.#ask(cursor));
    return this.#moving;
  }

  /** A block was announced: it need not be looked for. */
  arrived(epoch: number, block: number): void {
    this.#there.add(keys.viewBlock(this.#options.resolved.viewsHash, epoch, block));
  }

  async #ask(cursor: Cursor): Promise<void> {
    const { store, publish, resolved, traceId } = this.#options;
    for (const { epoch, block } of windowBlocks(this.#options.spec, resolved, cursor)) {
      const key = keys.viewBlock(resolved.viewsHash, epoch, block);
      const askedAt = this.#asked.get(key);
      if (this.#there.has(key) || (askedAt !== undefined && performance.now() - askedAt < askAgainMs)) continue;
      if (await store.head(key)) {
        this.#there.add(key);
        continue;
      }
      this.#asked.set(key, performance.now());
      const job: AugmentJob = { version: 1, viewsHash: resolved.viewsHash, epoch, block, traceId };
      await publish(subjects.augment(resolved.viewsHash, epoch, block), job);
    }
  }
}

/** The blocks of a window: from the one that holds the cursor's next batch, across the end of an epoch, to the last epoch. */
export function windowBlocks(
  spec: RunSpec,
  { stepsPerEpoch }: RunResolved,
  cursor: Cursor,
): { epoch: number; block: number }[] {
  const used = stepsPerEpoch * spec.batch; // positions that batches reach; the rest of an epoch is never trained on
  const perEpoch = Math.ceil(used / spec.blockSamples);
  const first = cursor.epoch * perEpoch + Math.floor((cursor.batch * spec.batch) / spec.blockSamples);
  const end = Math.min(first + spec.windowBlocks, spec.epochs * perEpoch);
  return Array.from({ length: Math.max(end - first, 0) }, (_, i) => ({
    epoch: Math.floor((first + i) / perEpoch),
    block: (first + i) % perEpoch,
  }));
}
