import { keys, overStates, type Pipeline, runResolvedSchema, type RunResolved, type RunSpec } from '#lib/contracts';
import { blocksUsedPerEpoch } from '#lib/sampling';
import { getJson, type ObjectStore } from '#lib/storage';

import type { LiveRuns } from './live-runs.ts';
import type { Runs } from './runs.ts';

/** The cache is brought to this part of its budget, so that it isn't at its limit again at once. */
const cleanedPart = 0.9;

const statusKeptMs = 10_000;

type ViewCacheStatus = Pipeline['views'];

interface Block {
  key: string;
  viewsHash: string;
  epoch: number;
  block: number;
  sizeBytes: number;
}

/** Where a run that is not over reads its views. */
interface Reader {
  viewsHash: string;
  epoch: number;
  /** that it reads now */
  block: number;
  /** blocks of an epoch */
  perEpoch: number;
  windowBlocks: number;
}

export interface CacheReport {
  blocks: number;
  sizeBytes: number;
  budgetBytes: number;
  /** of blocks that were removed now */
  evictedBytes: number;
}

/**
 * Keeps view blocks within a budget of bytes. They are a cache: a run that finds a block gone has it made again. First go blocks that no
 * run reads, then those that every run has read, the lowest epochs first; then those that are needed last. The windows of runs that go on are pinned,
 * also where they alone are over the budget.
 */
export class ViewCache {
  readonly #store: ObjectStore;
  readonly #runs: Runs;
  readonly #live: LiveRuns;
  readonly #budgetBytes: number;
  readonly #nowMs: () => number;
  #evictedBytes = 0;
  #looked: { status: ViewCacheStatus; atMs: number } | undefined;

  constructor(
    store: ObjectStore,
    runs: Runs,
    live: LiveRuns,
    budgetBytes: number,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#store = store;
    this.#runs = runs;
    this.#live = live;
    this.#budgetBytes = budgetBytes;
    this.#nowMs = nowMs;
  }

  /** Removes what is over the budget. */
  async clean(): Promise<CacheReport> {
    const blocks = await this.#blocks();
    const sizeBytes = blocks.reduce((total, block) => total + block.sizeBytes, 0);
    let evictedBytes = 0;
    let left = blocks.length;
    if (sizeBytes > this.#budgetBytes) {
      const excess = sizeBytes - cleanedPart * this.#budgetBytes;
      for (const { key, sizeBytes: size } of evictable(blocks, await this.#readers())) {
        if (evictedBytes >= excess) break;
        await this.#store.delete(key);
        evictedBytes += size;
        this.#evictedBytes += size;
        left--;
      }
    }
    this.#see(left, sizeBytes - evictedBytes);
    return { blocks: blocks.length, sizeBytes, budgetBytes: this.#budgetBytes, evictedBytes };
  }

  /** How full it is, as it was within the last seconds: listing thousands of blocks takes a while. */
  async status(): Promise<ViewCacheStatus> {
    const seen = this.#looked;
    if (seen && this.#nowMs() - seen.atMs < statusKeptMs) return seen.status;
    const blocks = await this.#blocks();
    return this.#see(
      blocks.length,
      blocks.reduce((total, block) => total + block.sizeBytes, 0),
    );
  }

  #see(blocks: number, usedBytes: number): ViewCacheStatus {
    const status = { budgetBytes: this.#budgetBytes, usedBytes, blocks, evictedBytes: this.#evictedBytes };
    this.#looked = { status, atMs: this.#nowMs() };
    return status;
  }

  async #blocks(): Promise<Block[]> {
    const blocks: Block[] = [];
    for await (const { key, sizeBytes } of this.#store.list('views/')) {
      const [, viewsHash, epoch, block] = /^views\/([^/]+)\/e(\d+)\/b(\d+)\.safetensors$/.exec(key) ?? [];
      if (viewsHash === undefined) continue;
      blocks.push({ key, viewsHash, epoch: Number(epoch), block: Number(block), sizeBytes });
    }
    return blocks;
  }

  async #readers(): Promise<Reader[]> {
    const readers: Reader[] = [];
    for (const run of await this.#runs.names()) {
      const head = await this.#runs.head(run);
      if (overStates.has(head.state)) continue;
      const resolved = await getJson(this.#store, keys.runResolved(run), runResolvedSchema);
      if (!resolved) continue;
      const step = Math.max(head.checkpoints.at(-1)?.step ?? 0, this.#live.last(run)?.step ?? 0);
      readers.push(readerOf(await this.#runs.spec(run), resolved.value, step));
    }
    return readers;
  }
}

function readerOf(
  { dataset, batch, blockSamples, windowBlocks }: RunSpec,
  { viewsHash, stepsPerEpoch }: RunResolved,
  step: number,
): Reader {
  return {
    viewsHash,
    epoch: Math.floor(step / stepsPerEpoch),
    block: Math.floor(((step % stepsPerEpoch) * batch) / blockSamples),
    perEpoch: blocksUsedPerEpoch(dataset.trainSamples, batch, blockSamples),
    windowBlocks,
  };
}

/** How many blocks a reader comes to before this one; negative: it has read it. Infinite: it never reads it. */
function distance({ viewsHash, epoch, block }: Block, reader: Reader): number {
  if (viewsHash !== reader.viewsHash) return Infinity;
  return (epoch - reader.epoch) * reader.perEpoch + block - reader.block;
}

/** Blocks that may go, the first ones first. */
export function evictable(blocks: readonly Block[], readers: readonly Reader[]): Block[] {
  const rated = blocks.map((block) => {
    const ahead = readers.map((reader) => ({ reader, blocks: distance(block, reader) })).filter((at) => at.blocks >= 0);
    // What was read is needed again where a run falls back to its checkpoint; what no run reads is not.
    const isRead = readers.some(({ viewsHash }) => viewsHash === block.viewsHash);
    const next = Math.min(isRead ? Number.MAX_VALUE : Infinity, ...ahead.map((at) => at.blocks));
    // Twice the window, since the run has read on by the time that a block is removed.
    const isPinned = ahead.some((at) => at.blocks < 2 * at.reader.windowBlocks);
    return { block, next, isPinned };
  });
  const byAge = (a: Block, b: Block) => a.epoch - b.epoch || a.block - b.block;
  return rated
    .filter(({ isPinned }) => !isPinned)
    .sort((a, b) => (a.next === b.next ? byAge(a.block, b.block) : b.next - a.next))
    .map(({ block }) => block);
}
