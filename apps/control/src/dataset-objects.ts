import pLimit from 'p-limit';

import { type DatasetDetail, datasetIndexSchema, ingestPartSchema, keys } from '#lib/contracts';
import { type ListedObject, type ObjectStore, requireJson } from '#lib/storage';

/** Objects looked at or deleted at once. */
export const objectsAtOnce = 32;

/** Shards by key, with their sizes in bytes. */
export type Shards = Map<string, number>;

async function listed(store: ObjectStore, prefix: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

/** All that lies below a dataset's name. */
export const objectsOf = (store: ObjectStore, dataset: string): Promise<ListedObject[]> =>
  listed(store, keys.dataset(dataset));

/** The shards that a dataset's indexes name; with `parts` also those of ingests that have no index, or none yet. */
export async function shardsOf(
  store: ObjectStore,
  objects: readonly ListedObject[],
  { parts }: { parts: boolean },
): Promise<Shards> {
  const limit = pLimit(objectsAtOnce);
  const found = await Promise.all(
    objects.map(({ key }) =>
      limit(async () => {
        if (/\/indexes\/[^/]+\.json$/.test(key)) return (await requireJson(store, key, datasetIndexSchema)).shards;
        if (!parts || !/\/parts\/[^/]+\/\d+\.json$/.test(key)) return [];
        return (await requireJson(store, key, ingestPartSchema)).shard ?? [];
      }),
    ),
  );
  return new Map(found.flat().map(({ key, sizeBytes }) => [key, sizeBytes]));
}

const indexedShards = async (store: ObjectStore, dataset: string): Promise<Shards> =>
  shardsOf(store, await listed(store, keys.datasetIndexes(dataset)), { parts: false });

/** What a dataset takes of the storage, and what of it others hold as well. @param others names of the other datasets */
export async function diskOf(store: ObjectStore, dataset: string, others: string[]): Promise<DatasetDetail['disk']> {
  const objects = await objectsOf(store, dataset);
  const shards = await shardsOf(store, objects, { parts: false });
  const held = new Set<string>();
  for (const other of others) for (const key of (await indexedShards(store, other)).keys()) held.add(key);
  const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
  return {
    shardsBytes: sum([...shards.values()]),
    sharedBytes: sum([...shards].filter(([key]) => held.has(key)).map(([, size]) => size)),
    recordsBytes: sum(objects.map(({ sizeBytes }) => sizeBytes)),
  };
}
