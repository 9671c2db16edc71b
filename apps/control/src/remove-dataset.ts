import pLimit from 'p-limit';

import { ConflictError, type DatasetRemoved, keys, overStates } from '#lib/contracts';
import { jsonBytes, type ObjectStore } from '#lib/storage';

import { datasetTombstone, storedDatasetHead } from './dataset-head.ts';
import { objectsAtOnce, objectsOf, type Shards, shardsOf } from './dataset-objects.ts';
import type { Datasets } from './datasets.ts';
import type { Queues } from './pipeline.ts';
import type { Runs } from './runs.ts';

/**
 * Removes datasets: a tombstone head first, which keeps ingests under way from bringing it back, then its shards that no other dataset
 * holds, then all else below its name. Runs stay, and with them the baselines that their tables show. Views are a cache and go with it.
 */
export class DatasetRemoval {
  readonly #store: ObjectStore;
  readonly #datasets: Datasets;
  readonly #runs: Runs;
  readonly #queues: Pick<Queues, 'states'>;

  constructor(store: ObjectStore, datasets: Datasets, runs: Runs, queues: Pick<Queues, 'states'>) {
    this.#store = store;
    this.#datasets = datasets;
    this.#runs = runs;
    this.#queues = queues;
  }

  /**
   * @param force also where runs that are not over use it: they are told to stop
   * @throws ConflictError where such runs are and `force` is not given, UsageError for a dataset that doesn't exist
   */
  async remove(dataset: string, { force }: { force: boolean }): Promise<DatasetRemoved> {
    await this.#datasets.newestRequest(dataset);
    if (!force) await this.#refuseInUse(dataset);
    await this.#bury(dataset, force);
    const stopped: string[] = [];
    for (const { run, state } of await this.#users(dataset))
      if (state !== 'stopped') {
        await this.#runs.stop(run).catch((error: unknown) => {
          if (!(error instanceof ConflictError)) throw error; // it ended meanwhile
        });
        stopped.push(run);
      }
    return { dataset, stopped, ...(await this.sweep(dataset)) };
  }

  /** Replaces the head by a tombstone. A run that was started in this moment takes it back, unless its data are to go all the same. */
  async #bury(dataset: string, force: boolean): Promise<void> {
    for (;;) {
      const { value: before, version } = await storedDatasetHead(this.#store, dataset);
      const tombstone = datasetTombstone(dataset);
      const buried = await this.#store.replace(keys.datasetHead(dataset), jsonBytes(tombstone), version);
      if (buried === undefined) continue;
      if (force) return;
      return this.#refuseInUse(dataset).catch(async (error: unknown) => {
        if (before?.format === 'unlabel.dataset-head')
          await this.#store.replace(keys.datasetHead(dataset), jsonBytes(before), buried);
        throw error;
      });
    }
  }

  async #refuseInUse(dataset: string): Promise<void> {
    const users = await this.#users(dataset);
    if (users.length === 0) return;
    const names = users.map(({ run, state }) => `${run} (${state})`).join(', ');
    throw new ConflictError(
      `dataset ${dataset} is used by ${users.length === 1 ? 'a run that is' : `${users.length} runs that are`} not over: ${names}`,
      { field: 'dataset', remedy: 'remove these runs, let them end, or use force (--force), which stops them' },
    );
  }

  /** Runs on it that are not over. */
  async #users(dataset: string): Promise<{ run: string; state: string }[]> {
    const users: { run: string; state: string }[] = [];
    for (const run of await this.#runs.names()) {
      if ((await this.#runs.spec(run)).dataset.name !== dataset) continue;
      const { state } = await this.#runs.head(run);
      if (!overStates.has(state)) users.push({ run, state });
    }
    return users;
  }

  /**
   * Deletes what a removed dataset left, the requests last, so that a sweep that is cut off is done again. A shard is named by what is
   * in it, so an ingest under way may be about to count on one that is there: then nothing is deleted yet.
   */
  sweep(dataset: string): Promise<Pick<DatasetRemoved, 'freedBytes' | 'keptBytes' | 'isSwept'>> {
    return this.#datasets.alone(async () => {
      const objects = await objectsOf(this.#store, dataset);
      const shards = await shardsOf(this.#store, objects, { parts: true });
      if (shards.size > 0 && !(await this.#isQuiet())) return { freedBytes: 0, keptBytes: 0, isSwept: false };
      const held = shards.size > 0 ? await this.#held(dataset) : new Map<string, number>();
      const own = [...shards].filter(([key]) => !held.has(key));
      await this.#delete(own.map(([key]) => key));
      const swept = objects.map(({ key }) => key).filter((key) => key !== keys.datasetHead(dataset));
      const results = (await this.#isKnownToRuns(dataset)) ? keys.pixelBaselines(dataset) : undefined;
      const gone = swept.filter((key) => results === undefined || !key.startsWith(results));
      const isRequest = (key: string) => key.startsWith(keys.ingestRequests(dataset));
      await this.#delete(gone.filter((key) => !isRequest(key)));
      await this.#delete(gone.filter(isRequest));
      const bytes = (of: Iterable<number>) => [...of].reduce((sum, size) => sum + size, 0);
      const freedBytes = bytes(own.map(([, size]) => size));
      return { freedBytes, keptBytes: bytes(shards.values()) - freedBytes, isSwept: true };
    });
  }

  /** Completes removals that were cut off or had to wait, and deletes what a fenced ingest wrote after its dataset was swept. */
  async sweepLate(): Promise<void> {
    for (const dataset of await this.#datasets.buried()) await this.sweep(dataset);
  }

  /** Whether no ingest is under way: none has jobs, none waits to be asked for. */
  async #isQuiet(): Promise<boolean> {
    const ingest = (await this.#queues.states()).find(({ stage }) => stage === 'ingest');
    if (ingest && ingest.pending + ingest.inFlight > 0) return false;
    const summaries = await this.#datasets.summaries();
    return summaries.every(({ state }) => state === 'ready' || state === 'failed');
  }

  /** Shards that other datasets count on, those of failed ingests included. */
  async #held(dataset: string): Promise<Shards> {
    const held: Shards = new Map();
    for (const other of await this.#datasets.names())
      if (other !== dataset)
        for (const [key, size] of await shardsOf(this.#store, await objectsOf(this.#store, other), { parts: true }))
          held.set(key, size);
    return held;
  }

  async #isKnownToRuns(dataset: string): Promise<boolean> {
    for (const run of await this.#runs.names()) if ((await this.#runs.spec(run)).dataset.name === dataset) return true;
    return false;
  }

  async #delete(gone: string[]): Promise<void> {
    const limit = pLimit(objectsAtOnce);
    await Promise.all(gone.map((key) => limit(() => this.#store.delete(key))));
  }
}
