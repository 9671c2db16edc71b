// Turns sources into shards: plans requests, and reads parts, two at once.
import { jobConsumers, publishEvent, publishJob } from '#lib/bus';
import { ingestJobSchema, type IngestPartJob, type IngestPlanJob } from '#lib/contracts';
import { runWorker } from '#lib/service';

import { doIngestJob, resultKey } from './ingest-jobs.ts';

/** Decoding has threads of its own; a second part is read while the first one is written. */
const partsAtOnce = 2;

runWorker<IngestPlanJob | IngestPartJob>('ingest', async ({ bus, store, log, signal }) => ({
  name: 'ingest',
  consumers: jobConsumers('ingest'),
  schema: ingestJobSchema,
  concurrency: partsAtOnce,
  resultKey,
  async handle(job) {
    const stage = {
      store,
      publish: async (subject: string, part: IngestPartJob) => void (await publishJob(bus, subject, part, { signal })),
      event: async (subject: string, event: object) => void (await publishEvent(bus, subject, event)),
      log: (fields: object, text: string) => log.info(fields, text),
    };
    await doIngestJob(stage, job.message, () => job.progress());
    return { end: 'done' };
  },
}));
