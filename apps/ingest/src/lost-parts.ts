import pLimit from 'p-limit';

import { ingestPartSchema } from '#lib/contracts';
import { getJson, type ObjectStore, sha256 } from '#lib/storage';

import { partsDone } from './complete.ts';

const partsAtOnce = 4; // each holds a shard in memory

/**
 * Takes away results of parts whose shard is gone, was altered or cut short, so that asking anew makes them anew.
 * @param progress called after each part that was looked at
 */
export async function forgetLostParts(
  store: ObjectStore,
  dataset: string,
  planHash: string,
  progress: () => void,
): Promise<void> {
  const limit = pLimit(partsAtOnce);
  const look = async (key: string) => {
    const shard = (await getJson(store, key, ingestPartSchema))?.value.shard;
    const bytes = shard && (await store.get(shard.key))?.bytes;
    if (shard && !(bytes && sha256(bytes) === shard.sha256)) await store.delete(key);
    progress();
  };
  await Promise.all([...(await partsDone(store, dataset, planHash))].map((key) => limit(look, key)));
}
