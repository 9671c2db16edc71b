import { ingestRequestSchema, isBuried, keys } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import { storedDatasetHead } from './dataset-head.ts';

/** Every name that datasets have or had: whether one is there, and whether a removed one left more than its tombstone and baselines. */
export async function datasetsByName(store: ObjectStore): Promise<Map<string, { isThere: boolean; isLeft: boolean }>> {
  const found = new Map<string, { newest: string | undefined; isLeft: boolean }>();
  for await (const { key } of store.list(keys.datasets())) {
    const name = key.split('/')[1] as string;
    const before = found.get(name);
    const isRequest = key.startsWith(keys.ingestRequests(name)); // ids grow with time
    const isLeft = key !== keys.datasetHead(name) && !key.startsWith(keys.pixelBaselines(name));
    found.set(name, { newest: isRequest ? key : before?.newest, isLeft: isLeft || before?.isLeft === true });
  }
  const looked = [...found].map(async ([name, { newest, isLeft }]) => {
    const isThere = newest !== undefined && !(await isRequestBuried(store, name, newest));
    return [name, { isThere, isLeft }] as const;
  });
  return new Map(await Promise.all(looked));
}

/** Whether a request is among what a removal took away. */
export async function isRequestBuried(store: ObjectStore, dataset: string, requestKey: string): Promise<boolean> {
  const { value: head } = await storedDatasetHead(store, dataset);
  if (head?.format !== 'unlabel.dataset-tombstone') return false;
  const request = await getJson(store, requestKey, ingestRequestSchema);
  return request === undefined || isBuried(head, request.value.requestedAt);
}
