import { keys } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

type Store = Pick<ObjectStore, 'folders' | 'head' | 'list'>;

/**
 * Ids of runs by what there is of them. Costs what runs there are, not what they made.
 * @param hasSpec runs that are known to have one
 */
export async function runsWith(
  store: Store,
  fits: (has: { spec: boolean; head: boolean }) => boolean,
  hasSpec: (run: string) => boolean = () => false,
): Promise<string[]> {
  const runs = await store.folders(keys.runs());
  const has = async (key: string) => (await store.head(key)) !== undefined;
  const there = await Promise.all(
    runs.map(async (run) => {
      const [spec, head] = await Promise.all([hasSpec(run) || has(keys.runSpec(run)), has(keys.runHead(run))]);
      return fits({ spec, head });
    }),
  );
  return runs.filter((_, i) => there[i]);
}

/** Runs that have a head and more, but no spec: what is left of removed ones. */
export async function speclessRuns(store: Store): Promise<string[]> {
  const specless = await runsWith(store, ({ spec, head }) => !spec && head);
  const left = await Promise.all(specless.map((run) => hasMoreThanHead(store, run)));
  return specless.filter((_, i) => left[i]);
}

async function hasMoreThanHead(store: Store, run: string): Promise<boolean> {
  for await (const { key } of store.list(`${keys.runs()}${run}/`)) if (key !== keys.runHead(run)) return true;
  return false;
}
