import { LRUCache } from 'lru-cache';

import { keys, probeResultSchema } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

/** What the list of runs says of probes: top-1 on eval of the last checkpoint that was measured; null: none was. */
export interface ProbeFiguresOfRun {
  knn: number | null;
  linear: number | null;
}

const keptResults = 10_000;

/** Reads of a run's many results only those that the list shows, and those once: results are written once, and anew with another version. */
export class ProbeFigures {
  readonly #store: Pick<ObjectStore, 'head' | 'get' | 'list'>;
  readonly #known = new LRUCache<string, { version: string; top1: number }>({ max: keptResults });

  constructor(store: Pick<ObjectStore, 'head' | 'get' | 'list'>) {
    this.#store = store;
  }

  async of(run: string): Promise<ProbeFiguresOfRun> {
    const last: { knn?: string; linear?: string } = {}; // keys come in the order of steps; step 0 is the untrained encoder
    for await (const { key } of this.#store.list(keys.probes(run)))
      for (const kind of ['knn', 'linear'] as const)
        if (key.endsWith(`/${kind}.json`) && !key.includes('/00000000/')) last[kind] = key;
    const [knn, linear] = await Promise.all([this.#top1(last.knn), this.#top1(last.linear)]);
    return { knn, linear };
  }

  async #top1(key: string | undefined): Promise<number | null> {
    if (key === undefined) return null;
    const known = this.#known.get(key);
    if (known && known.version === (await this.#store.head(key))?.version) return known.top1;
    const found = await getJson(this.#store, key, probeResultSchema);
    if (!found) return null;
    this.#known.set(key, { version: found.version, top1: found.value.top1 });
    return found.value.top1;
  }
}
