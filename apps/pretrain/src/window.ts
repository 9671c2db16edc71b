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
 * in order of need, since a message can be lost; one that was there and is needed for long may have been evicted.
 */
export class BlockWindow {
  readonly #options: WindowOptions;
  /** What is known of each block of the window, by key, and of no other: a run has any number of blocks. */
  #window = new Map<string, { askedAtMs: number; there: boolean }>();
  /** The block that is needed next, since when. */
  #needed = { key: '', sinceMs: 0 };
  #moving: Promise<void> = Promise.resolve();

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /** Asks for what the window at this cursor lacks. Calls queue up, so that requests keep their order. */
  move(cursor: Cursor): Promise<void> {
    const moved = this.#moving.then(() => this.#ask(cursor));
    this.#moving = moved.catch(() => undefined); // one that fails must not keep the next from asking
    return moved;
  }

  /** A block was announced: if it is of the window, it need not be looked for. */
  arrived(epoch: number, block: number): void {
    const known = this.#window.get(keys.viewBlock(this.#options.resolved.viewsHash, epoch, block));
    if (known) known.there = true;
  }

  async #ask(cursor: Cursor): Promise<void> {
    const { store, publish, spec, resolved, traceId } = this.#options;
    const { viewsHash } = resolved;
    const blocks = windowBlocks(spec, resolved, cursor).map((at) => ({
      ...at,
      key: keys.viewBlock(viewsHash, at.epoch, at.block),
    }));
    const unknown = () => ({ askedAtMs: -Infinity, there: false });
    this.#window = new Map(blocks.map(({ key }) => [key, this.#window.get(key) ?? unknown()]));
    this.#lookAgain(blocks[0]?.key);
    for (const { epoch, block, key } of blocks) {
      const known = this.#window.get(key);
      if (!known || known.there || performance.now() - known.askedAtMs < askAgainMs) continue;
      if (await store.head(key)) {
        known.there = true;
        continue;
      }
      const job: AugmentJob = { version: 1, viewsHash, epoch, block, traceId };
      await publish(subjects.augment(viewsHash, epoch, block), job);
      known.askedAtMs = performance.now();
    }
  }

  /** A cursor that stays where it is may wait for a block that the cache no longer has. */
  #lookAgain(key = ''): void {
    const nowMs = performance.now();
    if (key !== this.#needed.key) this.#needed = { key, sinceMs: nowMs };
    else if (nowMs - this.#needed.sinceMs >= askAgainMs) {
      this.#needed.sinceMs = nowMs;
      const known = this.#window.get(key);
      if (known) known.there = false;
    }
  }
}

/** The blocks of a window: from the one that holds the cursor's next batch, across the end of an epoch, to the last step. */
export function windowBlocks(
  spec: RunSpec,
  { stepsPerEpoch, totalSteps }: RunResolved,
  cursor: Cursor,
): { epoch: number; block: number }[] {
  const used = stepsPerEpoch * spec.batch; // positions that batches reach; the rest of an epoch is never trained on
  const perEpoch = Math.ceil(used / spec.blockSamples);
  const first = cursor.epoch * perEpoch + Math.floor((cursor.batch * spec.batch) / spec.blockSamples);
  const rest = (totalSteps % stepsPerEpoch) * spec.batch; // of an epoch that a budget cuts short
  const all = Math.floor(totalSteps / stepsPerEpoch) * perEpoch + Math.ceil(rest / spec.blockSamples);
  const end = Math.min(first + spec.windowBlocks, all);
  return Array.from({ length: Math.max(end - first, 0) }, (_, i) => ({
    epoch: Math.floor((first + i) / perEpoch),
    block: (first + i) % perEpoch,
  }));
}
