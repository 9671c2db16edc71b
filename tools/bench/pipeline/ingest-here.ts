import pLimit from 'p-limit';

import { type DatasetIndex, datasetIndexSchema, type IngestPartJob, type IngestRequest, keys } from '#lib/contracts';
import { jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

import { doIngestJob, type IngestStage, partsAtOnce } from '../../../apps/ingest/src/ingest-jobs.ts';

export interface Ingested {
  contentHash: string;
  index: DatasetIndex;
  images: number;
  parts: number;
  planSeconds: number;
  partsSeconds: number;
}

/** Ingests into a store, all jobs in this process, as the services would do them: plan, every part, index. */
export async function ingestHere(
  store: ObjectStore,
  dataset: string,
  options: IngestRequest['options'],
): Promise<Ingested> {
  const jobs: IngestPartJob[] = [];
  let contentHash: string | undefined;
  const stage: IngestStage = {
    store,
    publish: async (_subject, job) => void jobs.push(job),
    event: async (_subject, event) => {
      if (event.type === 'dataset-ready') contentHash = event.contentHash;
    },
    log: () => undefined,
  };
  const request = 'r1';
  const requestedAt = new Date().toISOString();
  const body: IngestRequest = { format: 'unlabel.ingest-request', version: 1, dataset, request, options, requestedAt };
  await store.create(keys.ingestRequest(dataset, request), jsonBytes(body));
  let images = 0;
  const startedMs = performance.now();
  await doIngestJob(stage, { version: 1, kind: 'plan', dataset, request, traceId: 'bench' }, () => undefined);
  const plannedMs = performance.now();
  const limit = pLimit(partsAtOnce);
  await Promise.all(jobs.map((job) => limit(() => doIngestJob(stage, job, () => void images++))));
  const endedMs = performance.now();
  if (contentHash === undefined) throw new Error('ingest ended without a dataset');
  return {
    contentHash,
    index: await requireJson(store, keys.datasetIndex(dataset, contentHash), datasetIndexSchema),
    images,
    parts: jobs.length,
    planSeconds: (plannedMs - startedMs) / 1000,
    partsSeconds: (endedMs - plannedMs) / 1000,
  };
}
