import pLimit from 'p-limit';

import { ingestPartSchema } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import { partsDone } from './complete.ts';

const partsAtOnce = 32;

/** Takes away results of parts whose shard is gone, so that asking anew makes them anew. */
export async function forgetLostParts(store: ObjectStore, dataset: string, planHash: string): Promise<void> {
  const limit = pLimit(partsAtOnce);
  const look = async (key: string) => {
    const shard = (await getJson(store, key, ingestPartSchema))?.value.shard;
    if (shard && !(await store.head(shard.key))) await store.delete(key);
  };
  await Promise.all([...(await partsDone(store, dataset, planHash))].map((key) => limit(look, key)));
}
