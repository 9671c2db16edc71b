import { LRUCache } from 'lru-cache';

import { keys, type RunHead, runHeadSchema } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

const keptHeads = 2000;

/** Heads as they were read last: one that still has its version is not read and checked again, which takes longest of a list of runs. */
export class KnownHeads {
  readonly #store: Pick<ObjectStore, 'head' | 'get'>;
  readonly #known = new LRUCache<string, { value: RunHead; version: string }>({ max: keptHeads });

  constructor(store: Pick<ObjectStore, 'head' | 'get'>) {
    this.#store = store;
  }

  /** The head of a run and its version; undefined where there is none. */
  async read(run: string): Promise<{ value: RunHead; version: string } | undefined> {
    const key = keys.runHead(run);
    const known = this.#known.get(run);
    if (known && (await this.#store.head(key))?.version === known.version) return known;
    const found = await getJson(this.#store, key, runHeadSchema);
    if (found) this.#known.set(run, found);
    else this.#known.delete(run);
    return found;
  }
}
