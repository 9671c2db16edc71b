import { randomBytes } from 'node:crypto';

import {
  type DatasetHead,
  type DatasetTombstone,
  keys,
  type StoredDatasetHead,
  storedDatasetHeadSchema,
} from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

/** What lies under the key of a dataset's head: which index its name means, or that it was removed; or nothing yet. */
export async function storedDatasetHead(
  store: Pick<ObjectStore, 'get'>,
  dataset: string,
): Promise<{ value: StoredDatasetHead | undefined; version: string | undefined }> {
  const found = await getJson(store, keys.datasetHead(dataset), storedDatasetHeadSchema);
  return { value: found?.value, version: found?.version };
}

/** Which index a dataset's name means; undefined where it means none (yet, or any more). */
export async function datasetHead(store: Pick<ObjectStore, 'get'>, dataset: string): Promise<DatasetHead | undefined> {
  const { value } = await storedDatasetHead(store, dataset);
  return value?.format === 'unlabel.dataset-head' ? value : undefined;
}

export const datasetTombstone = (dataset: string): DatasetTombstone => ({
  format: 'unlabel.dataset-tombstone',
  version: 1,
  dataset,
  nonce: randomBytes(16).toString('hex'),
  removedAt: new Date().toISOString(),
});
