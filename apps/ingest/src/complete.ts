import {
  type DatasetHead,
  type DatasetIndex,
  FormatError,
  hashJson,
  type IngestPart,
  ingestPartSchema,
  ingestPlanSchema,
  type IngestRequest,
  isBuried,
  keys,
  type Split,
  storedDatasetHeadSchema,
} from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

const setAsideListed = 1000;

/**
 * Writes the index, last of all, when every part of a plan has its result; then the name means it.
 * @returns the content hash, or undefined while parts are missing
 * @throws FormatError if every image of train was set aside
 */
export async function completeIngest(
  store: ObjectStore,
  request: IngestRequest,
  planHash: string,
): Promise<string | undefined> {
  const { dataset } = request;
  const plan = await requireJson(store, keys.ingestPlan(dataset, planHash), ingestPlanSchema);
  if ((await partsDone(store, dataset, planHash)).size < plan.parts.length) return undefined;
  const parts: IngestPart[] = [];
  for (let n = 0; n < plan.parts.length; n++)
    parts.push(await requireJson(store, keys.ingestPart(dataset, planHash, n), ingestPartSchema));
  const index = makeIndex(plan.images, plan.classes, plan.parts, parts, plan.listingSetAside);
  const contentHash = hashJson(index);
  await store.create(keys.datasetIndex(dataset, contentHash), jsonBytes(index));
  await replaceHead(store, request, planHash, contentHash);
  return contentHash;
}

/** Keys of the results of a plan's parts; marks of failures and strikes lie beside them and are none. */
export async function partsDone(store: ObjectStore, dataset: string, planHash: string): Promise<Set<string>> {
  const done = new Set<string>();
  for await (const { key } of store.list(keys.ingestParts(dataset, planHash)))
    if (/\/\d+\.json$/.test(key)) done.add(key);
  return done;
}

function makeIndex(
  images: DatasetIndex['images'] & { resize?: boolean },
  classes: DatasetIndex['classes'],
  planned: { split: Split }[],
  parts: IngestPart[],
  listingSetAside: IngestPart['setAside'],
): DatasetIndex {
  const splits = { train: 0, tune: 0, eval: 0 };
  const none = () => classes.map(() => 0);
  const classCounts: DatasetIndex['classCounts'] = { train: none(), tune: none(), eval: none() };
  parts.forEach(({ shard, classCounts: counts }, n) => {
    const { split } = planned[n] as { split: Split };
    splits[split] += shard?.samples ?? 0;
    counts.forEach((count, index) => (classCounts[split][index] = (classCounts[split][index] ?? 0) + count));
  });
  const setAside = [...listingSetAside, ...parts.flatMap((part) => part.setAside)].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  if (splits.train === 0)
    throw new FormatError(`no image of train could be read; the first: ${setAside[0]?.id}: ${setAside[0]?.reason}`, {
      remedy: 'look at a few of the files yourself',
    });
  return {
    format: 'unlabel.dataset-index',
    version: 1,
    images: images.kind === 'small' ? { kind: 'small', width: images.width, height: images.height } : { kind: 'large' },
    classes,
    splits,
    classCounts,
    shards: parts.flatMap(({ shard }) => shard ?? []),
    setAside: { count: setAside.length, first: setAside.slice(0, setAsideListed) },
  };
}

/** Lets the dataset's name mean the new index, unless a later request already made it mean its own, or the dataset was removed. */
async function replaceHead(
  store: ObjectStore,
  request: IngestRequest,
  planHash: string,
  contentHash: string,
): Promise<void> {
  const key = keys.datasetHead(request.dataset);
  for (;;) {
    const there = await getJson(store, key, storedDatasetHeadSchema);
    if (isBuried(there?.value, request.requestedAt)) return;
    const now = there?.value.format === 'unlabel.dataset-head' ? there.value : undefined;
    if (now && (now.request === request.request || now.ingestedAt > request.requestedAt)) return;
    const head: DatasetHead = {
      format: 'unlabel.dataset-head',
      version: 1,
      dataset: request.dataset,
      request: request.request,
      planHash,
      contentHash,
      source: request.options.sources.join(', '),
      ingestedAt: request.requestedAt,
    };
    if ((await store.replace(key, jsonBytes(head), there?.version)) !== undefined) return;
  }
}
