import { type z } from 'zod';

import {
  type IngestPartJob,
  type IngestPlanJob,
  type IngestRequest,
  ingestPlannedSchema,
  ingestPlanSchema,
  ingestRequestSchema,
  isBuried,
  keys,
  storedDatasetHeadSchema,
  subjects,
  type UnlabelEvent,
} from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

import { completeIngest, partsDone } from './complete.ts';
import { forgetLostParts } from './lost-parts.ts';
import { planIngest } from './plan.ts';
import { writePart } from './write-part.ts';

export type IngestJob = IngestPlanJob | IngestPartJob;

/** What the stage's work needs of its surroundings. */
export interface IngestStage {
  store: ObjectStore;
  /** Asks for a job; one that is queued already stays one. */
  publish(subject: string, job: IngestPartJob): Promise<void>;
  event(subject: string, event: UnlabelEvent): Promise<void>;
  log(fields: object, text: string): void;
}

/** The object that a job makes: the marks of its failures lie beside it. */
export const resultKey = (job: IngestJob): string =>
  job.kind === 'plan'
    ? keys.ingestPlanned(job.dataset, job.request)
    : keys.ingestPart(job.dataset, job.planHash, job.part);

/**
 * Does one job of ingest. Doing it again is harmless: what is there already stays, what is missing follows.
 * @param progress called as the work advances
 */
export async function doIngestJob(stage: IngestStage, job: IngestJob, progress: () => void): Promise<void> {
  if (await isRemoved(stage.store, job)) return stage.log({ ...job }, 'ingest: its dataset was removed');
  await (job.kind === 'plan' ? planJob(stage, job, progress) : partJob(stage, job, progress));
}

/** Whether the request of a job was taken away with its dataset. */
async function isRemoved(store: ObjectStore, { dataset, request }: IngestJob): Promise<boolean> {
  const head = (await getJson(store, keys.datasetHead(dataset), storedDatasetHeadSchema))?.value;
  if (head?.format !== 'unlabel.dataset-tombstone') return false;
  const asked = await getJson(store, keys.ingestRequest(dataset, request), ingestRequestSchema);
  return asked === undefined || isBuried(head, asked.value.requestedAt);
}

/** Plans a request and asks for each part that has no result; a mark of its earlier failure goes, since it is tried anew. */
async function planJob(stage: IngestStage, job: IngestPlanJob, progress: () => void): Promise<void> {
  const { store } = stage;
  const { dataset, request, traceId } = job;
  const asked = await readRequest(store, job);
  const planHash = await planOnce(stage, asked, progress);
  const plan = await requireJson(store, keys.ingestPlan(dataset, planHash), ingestPlanSchema);
  const images = plan.parts.reduce((total, part) => total + part.images, 0);
  const parts = plan.parts.length;
  const eventSubject = subjects.eventsDataset(dataset);
  await stage.event(eventSubject, { version: 1, type: 'ingest-planned', dataset, request, parts, images });
  const done = await partsDone(store, dataset, planHash);
  for (let part = 0; part < parts; part++) {
    const key = keys.ingestPart(dataset, planHash, part);
    if (done.has(key)) continue;
    progress();
    await store.delete(keys.failedMark(key));
    const partJob: IngestPartJob = { version: 1, kind: 'part', dataset, request, planHash, part, traceId };
    await stage.publish(subjects.ingestPart(dataset, planHash, part), partJob);
  }
  stage.log({ dataset, planHash, parts, done: done.size, images }, 'ingest: planned');
  await complete(stage, asked, planHash);
}

/** A request is planned once, however often its job comes: a source that changes meanwhile doesn't change what was planned. */
async function planOnce({ store, log }: IngestStage, request: IngestRequest, progress: () => void): Promise<string> {
  const key = keys.ingestPlanned(request.dataset, request.request);
  const before = await getJson(store, key, ingestPlannedSchema);
  if (before) return before.value.planHash;
  const { planHash, notes } = await planIngest(store, request, {
    log: (text) => log({ dataset: request.dataset, request: request.request }, text),
    progress,
  });
  await forgetLostParts(store, request.dataset, planHash, progress);
  for (const note of notes) log({ dataset: request.dataset, request: request.request }, `ingest: ${note}`);
  const planned: z.infer<typeof ingestPlannedSchema> = {
    format: 'unlabel.ingest-planned',
    version: 1,
    planHash,
    notes,
  };
  await store.create(key, jsonBytes(planned));
  return (await requireJson(store, key, ingestPlannedSchema)).planHash; // another delivery may have been first
}

/** Writes a part unless its result is there; whoever finds all parts there writes the index. */
async function partJob(stage: IngestStage, job: IngestPartJob, progress: () => void): Promise<void> {
  const { store } = stage;
  const { dataset, planHash, part } = job;
  if ((await store.head(resultKey(job))) === undefined) {
    const { shard, setAside } = await writePart(store, job, progress);
    stage.log({ dataset, part, samples: shard?.samples ?? 0, setAside: setAside.length }, 'ingest: part written');
    if (await isRemoved(store, job)) return store.delete(resultKey(job)); // swept meanwhile: nothing of it may be left
  }
  await stage.event(subjects.eventsDataset(dataset), { version: 1, type: 'ingest-part', dataset, planHash, part });
  await complete(stage, await readRequest(store, job), planHash);
}

const readRequest = (store: ObjectStore, job: IngestJob): Promise<IngestRequest> =>
  requireJson(store, keys.ingestRequest(job.dataset, job.request), ingestRequestSchema);

async function complete(stage: IngestStage, request: IngestRequest, planHash: string): Promise<void> {
  const contentHash = await completeIngest(stage.store, request, planHash);
  if (contentHash === undefined) return;
  const { dataset } = request;
  stage.log({ dataset, contentHash }, 'ingest: dataset ready');
  await stage.event(subjects.eventsDataset(dataset), { version: 1, type: 'dataset-ready', dataset, contentHash });
}

/** Parts in work at once in one process: while one is written, the decoder's threads have another to read. */
export const partsAtOnce = 2;
