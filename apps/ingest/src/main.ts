// Plans ingests and writes their parts. Decoding happens on the decoder's own threads.
import { jobConsumers, publishEvent, publishJob } from '#lib/bus';
import { ingestJobSchema } from '#lib/contracts';
import { runWorker } from '#lib/service';

import { doIngestJob, type IngestJob, type IngestStage, partsAtOnce, resultKey } from './ingest-jobs.ts';

runWorker<IngestJob>('ingest', async ({ bus, store, log, signal }) => {
  const stage: IngestStage = {
    store,
    publish: async (subject, job) => void (await publishJob(bus, subject, job, { signal })),
    event: async (subject, event) => void (await publishEvent(bus, subject, event)),
    log: (fields, text) => log.info(fields, text),
  };
  return {
    name: 'ingest',
    consumers: jobConsumers('ingest'),
    schema: ingestJobSchema,
    concurrency: partsAtOnce,
    resultKey,
    async handle(job) {
      await doIngestJob(stage, job.message, () => job.progress());
      return { end: 'done' };
    },
  };
});
