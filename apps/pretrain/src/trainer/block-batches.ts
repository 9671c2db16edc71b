import { z } from 'zod';

import { FormatError, keys, UnlabelError } from '#lib/contracts';
import { readViewBlock, type ViewBlock } from '#lib/shards';
import { type ObjectStore, parseJson } from '#lib/storage';
import type { Batch } from '#lib/training';

/** A view block, or a probe result that the run waits for, ended as a dead letter: the run waits for someone to mend it. */
export class BlockedError extends UnlabelError {
  readonly block: string;
  constructor(block: string, reason: string, what: 'view block' | 'probe result' = 'view block') {
    super(`${what} ${block} could not be made: ${reason}`);
    this.block = block;
  }
}

export interface BlockBatchesOptions {
  store: ObjectStore;
  viewsHash: string;
  /** samples of the split */
  samples: number;
  blockSamples: number;
  batch: number;
  /** Called while waiting, so that a worker sees that the trainer is alive. */
  onWait: () => void;
  /** Aborts a wait, since a stop is wanted. */
  signal: AbortSignal;
}

const pollMs = 250;
const failedEveryMs = 2000;

/**
 * Cuts batches out of view blocks: batch k of an epoch is its positions [kB, (k+1)B), across blocks.
 * Blocks are read ahead by one and waited for by polling; `wake` shortens a wait when a block was announced.
 */
export class BlockBatches {
  readonly #options: BlockBatchesOptions;
  readonly #blocks = new Map<string, Promise<ViewBlock | undefined>>();
  #wakers = new Set<() => void>();

  constructor(options: BlockBatchesOptions) {
    this.#options = options;
  }

  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  /** The batch, or undefined when the signal is aborted before its blocks are there. */
  async batch({ epoch, batch }: { epoch: number; batch: number }): Promise<Batch | undefined> {
    const { viewsHash, batch: B, blockSamples: S, samples: N } = this.#options;
    const from = batch * B;
    const first = Math.floor(from / S);
    const last = Math.floor((from + B - 1) / S);
    this.#forget(epoch, first);
    const parts: { block: ViewBlock; from: number; to: number }[] = [];
    for (let b = first; b <= last; b++) {
      const block = await this.#block(epoch, b);
      if (!block) return undefined;
      const to = Math.min(from + B - b * S, S);
      if (block.samples.length < to)
        throw new FormatError(
          `${keys.viewBlock(viewsHash, epoch, b)}: has ${block.samples.length} samples, batch ${batch} needs ${to}`,
        );
      parts.push({ block, from: Math.max(from - b * S, 0), to });
    }
    // What lies behind the last whole batch is asked for by nobody: reading it ahead would wait for ever.
    if ((last + 1) * S < Math.floor(N / B) * B) void this.#block(epoch, last + 1).catch(() => undefined); // read ahead; a failure is met when it is needed
    return join(parts, B);
  }

  #block(epoch: number, block: number): Promise<ViewBlock | undefined> {
    const key = keys.viewBlock(this.#options.viewsHash, epoch, block);
    const known = this.#blocks.get(key);
    if (known) return known;
    const reading = this.#read(key);
    reading.catch(() => this.#blocks.delete(key));
    this.#blocks.set(key, reading);
    return reading;
  }

  #forget(epoch: number, first: number): void {
    const keep = keys.viewBlock(this.#options.viewsHash, epoch, first);
    for (const key of this.#blocks.keys()) if (key < keep) this.#blocks.delete(key);
  }

  async #read(key: string): Promise<ViewBlock | undefined> {
    const { store, signal, onWait } = this.#options;
    let checkFailedAt = performance.now() + failedEveryMs;
    for (;;) {
      const object = await store.get(key);
      if (object) return readViewBlock(object.bytes, key);
      if (signal.aborted) return undefined;
      if (performance.now() >= checkFailedAt) {
        const mark = await store.get(keys.failedMark(key));
        if (mark) throw new BlockedError(key, reasonOf(mark.bytes, keys.failedMark(key)));
        checkFailedAt = performance.now() + failedEveryMs;
      }
      onWait();
      await this.#sleep();
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakers.delete(done);
        this.#options.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, pollMs);
      this.#wakers.add(done);
      this.#options.signal.addEventListener('abort', done, { once: true });
    });
  }
}

const markSchema = z.looseObject({ reason: z.string() });

/** The reason that a mark gives; one that can't be read blocks as well, and says so. */
function reasonOf(bytes: Uint8Array, key: string): string {
  try {
    return parseJson(bytes, markSchema, key).reason;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** Rows [from, to) of each block, one after the other: B rows in all. */
function join(parts: { block: ViewBlock; from: number; to: number }[], B: number): Batch {
  const first = (parts[0] as (typeof parts)[number]).block;
  const samples = new Uint32Array(B);
  const views = first.views.map(({ height, width, channels }) => new Uint8Array(B * height * width * channels));
  let row = 0;
  for (const { block, from, to } of parts) {
    samples.set(block.samples.subarray(from, to), row);
    block.views.forEach(({ height, width, channels, data }, v) => {
      const stride = height * width * channels;
      (views[v] as Uint8Array).set(data.subarray(from * stride, to * stride), row * stride);
    });
    row += to - from;
  }
  return { views, samples };
}
