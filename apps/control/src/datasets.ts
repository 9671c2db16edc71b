import pLimit from 'p-limit';

import {
  ConflictError,
  type DatasetDetail,
  type DatasetHead,
  type DatasetIndex,
  datasetIndexSchema,
  type DatasetSummary,
  type IngestCall,
  type IngestPlanJob,
  type IngestRequest,
  ingestPlannedSchema,
  ingestPlanSchema,
  ingestRequestSchema,
  keys,
  NotFoundError,
  subjects,
  unknownName,
} from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

import { datasetHead, storedDatasetHead } from './dataset-head.ts';
import { datasetsByName, isRequestBuried } from './dataset-names.ts';
import { diskOf } from './dataset-objects.ts';
import type { Publish } from './publish.ts';
import { failedMark } from './failures.ts';

/** A dataset that is ready to be trained on. */
export interface ReadyDataset {
  head: DatasetHead;
  index: DatasetIndex;
}

const shardsAtOnce = 32;
const indexesKept = 16;
const notFailed = { reason: null, remedy: null };

/** Datasets as their objects tell it: requests, plans, parts, indexes, heads. */
export class Datasets {
  readonly #store: ObjectStore;
  readonly #publish: Publish;
  readonly #one = pLimit(1);
  readonly #indexes = new Map<string, DatasetIndex>(); // they are written once

  constructor(store: ObjectStore, publish: Publish) {
    this.#store = store;
    this.#publish = publish;
  }

  /** Stores the request, then asks for its plan. */
  ingest({ dataset, options }: IngestCall): Promise<{ dataset: string; request: string }> {
    return this.alone(() => this.#ingest({ dataset, options }));
  }

  /** Runs what must not run beside another such work: new ingests count on shards that a removal may be deleting. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#one(work);
  }

  async #ingest({ dataset, options }: IngestCall): Promise<{ dataset: string; request: string }> {
    const requestedAt = await this.#requestTime(dataset);
    const request = `r${requestedAt.replace(/\D/g, '').slice(0, 17)}`;
    const body: IngestRequest = {
      format: 'unlabel.ingest-request',
      version: 1,
      dataset,
      request,
      options,
      requestedAt,
    };
    const created = await this.#store.create(keys.ingestRequest(dataset, request), jsonBytes(body));
    if (created === 'exists')
      throw new ConflictError(`dataset ${dataset} was asked for twice at the same moment`, { remedy: 'ask again' });
    await this.askForPlan(dataset, request);
    return { dataset, request };
  }

  async askForPlan(dataset: string, request: string): Promise<void> {
    const job: IngestPlanJob = { version: 1, kind: 'plan', dataset, request, traceId: request };
    await this.#publish(subjects.ingestPlan(dataset, request), job);
  }

  /** Now, and later than what was removed under this name. @throws ConflictError while that is being removed */
  async #requestTime(dataset: string): Promise<string> {
    const { value: head } = await storedDatasetHead(this.#store, dataset);
    if (head?.format !== 'unlabel.dataset-tombstone') return new Date().toISOString();
    if ((await this.buried()).includes(dataset))
      throw new ConflictError(`dataset ${dataset} is being removed`, {
        field: 'dataset',
        remedy: 'its images go when the ingests that are under way have ended: ask again then, or take another name',
      });
    return new Date(Math.max(Date.now(), Date.parse(head.removedAt) + 1)).toISOString();
  }

  async names(): Promise<string[]> {
    const found = await datasetsByName(this.#store);
    return [...found].filter(([, { isThere }]) => isThere).map(([name]) => name);
  }

  /** Removed datasets of which more is left than the tombstone and the baselines that runs on it show. */
  async buried(): Promise<string[]> {
    const found = await datasetsByName(this.#store);
    return [...found].filter(([, { isThere, isLeft }]) => !isThere && isLeft).map(([name]) => name);
  }

  /** Whether a dataset was removed and not ingested anew. */
  async isRemoved(dataset: string): Promise<boolean> {
    const { value: head } = await storedDatasetHead(this.#store, dataset);
    return head?.format === 'unlabel.dataset-tombstone';
  }

  /** @throws UsageError with the nearest match for a dataset that doesn't exist or has no index yet */
  async ready(dataset: string): Promise<ReadyDataset> {
    const head = await datasetHead(this.#store, dataset);
    if (!head) {
      const names = await this.names();
      if (names.includes(dataset))
        throw new ConflictError(`dataset ${dataset} is not ready yet`, { remedy: `watch it: ./unlabel datasets` });
      throw unknownName('dataset', dataset, names, 'dataset');
    }
    const { contentHash } = head;
    return {
      head,
      index: await requireJson(this.#store, keys.datasetIndex(dataset, contentHash), datasetIndexSchema),
    };
  }

  /** An index that a dataset has or had. @throws NotFoundError for one that isn't there */
  async indexOf(dataset: string, contentHash: string): Promise<DatasetIndex> {
    const key = keys.datasetIndex(dataset, contentHash);
    const known = this.#indexes.get(key);
    if (known) return known;
    const found = await getJson(this.#store, key, datasetIndexSchema);
    if (!found)
      throw new NotFoundError(`dataset ${dataset} has no index ${contentHash.slice(0, 12)}…`, {
        remedy: 'leave its hash out for what the dataset holds now',
      });
    this.#indexes.set(key, found.value);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > indexesKept && oldest !== undefined) this.#indexes.delete(oldest);
    return found.value;
  }

  /** Sees that every shard of an index is in the storage. @throws ConflictError naming one that isn't */
  async checkShards(dataset: string, { shards }: DatasetIndex): Promise<void> {
    const missing: string[] = [];
    for (let from = 0; from < shards.length; from += shardsAtOnce)
      await Promise.all(
        shards.slice(from, from + shardsAtOnce).map(async ({ key }) => {
          if (!(await this.#store.head(key))) missing.push(key);
        }),
      );
    if (missing.length > 0)
      throw new ConflictError(
        `dataset ${dataset}: ${missing.length} of its ${shards.length} shards are not in ${this.#store.describe()}, ${missing.sort()[0]} among them`,
        { field: 'dataset', remedy: `ingest it again: ./unlabel ingest SOURCE --name ${dataset}` },
      );
  }

  async summaries(): Promise<DatasetSummary[]> {
    const names = await this.names();
    return Promise.all(names.map((name) => this.summary(name)));
  }

  async detail(dataset: string): Promise<DatasetDetail> {
    const summary = await this.summary(dataset);
    const head = await datasetHead(this.#store, dataset);
    const index = head && (await this.ready(dataset)).index;
    const others = (await this.names()).filter((name) => name !== dataset);
    const disk = await diskOf(this.#store, dataset, others);
    return { summary, head: head ?? null, index: index ?? null, setAside: index?.setAside.first ?? [], disk };
  }

  /** Where the newest request of a dataset stands. */
  async summary(dataset: string): Promise<DatasetSummary> {
    const request = await this.newestRequest(dataset);
    const head = await datasetHead(this.#store, dataset);
    const progress = await this.progress(dataset, request.request);
    const isReady = head !== undefined && head.ingestedAt >= request.requestedAt;
    const index =
      head && (await requireJson(this.#store, keys.datasetIndex(dataset, head.contentHash), datasetIndexSchema));
    const state = isReady
      ? 'ready'
      : progress.reason !== null
        ? 'failed'
        : progress.parts === null
          ? 'planning'
          : 'ingesting';
    return {
      dataset,
      state,
      request: request.request,
      contentHash: head?.contentHash ?? null,
      source: request.options.sources.join(', '),
      splits: index?.splits ?? null,
      classes: index?.classes.length ?? null,
      images: index
        ? index.images.kind === 'small'
          ? `${index.images.width} × ${index.images.height}`
          : 'as they are'
        : null,
      sizeBytes: index?.shards.reduce((total, shard) => total + shard.sizeBytes, 0) ?? null,
      setAside: index?.setAside.count ?? null,
      partsDone: progress.partsDone,
      parts: progress.parts,
      reason: isReady ? null : progress.reason,
      remedy: isReady ? null : progress.remedy,
      notes: progress.notes,
    };
  }

  async newestRequest(dataset: string): Promise<IngestRequest> {
    let newest: string | undefined;
    for await (const { key } of this.#store.list(keys.ingestRequests(dataset))) newest = key; // ids grow with time
    if (newest === undefined || (await isRequestBuried(this.#store, dataset, newest)))
      throw unknownName('dataset', dataset, await this.names(), 'dataset');
    return requireJson(this.#store, newest, ingestRequestSchema);
  }

  /** Parts planned and done, and why the request failed, if it did. */
  async progress(dataset: string, request: string) {
    const plannedKey = keys.ingestPlanned(dataset, request);
    const planned = await getJson(this.#store, plannedKey, ingestPlannedSchema);
    if (!planned) {
      const failure = await failedMark(this.#store, keys.failedMark(plannedKey));
      return { planHash: null, parts: null, partsDone: 0, notes: [], ...(failure ?? notFailed) };
    }
    const { planHash, notes } = planned.value;
    const plan = await requireJson(this.#store, keys.ingestPlan(dataset, planHash), ingestPlanSchema);
    let partsDone = 0;
    let failure: { reason: string; remedy: string | null } | undefined;
    for await (const { key } of this.#store.list(keys.ingestParts(dataset, planHash)))
      if (key.endsWith('.failed.json')) failure = await failedMark(this.#store, key);
      else if (/\/\d+\.json$/.test(key)) partsDone++;
    return { planHash, parts: plan.parts.length, partsDone, notes, ...(failure ?? notFailed) };
  }
}
