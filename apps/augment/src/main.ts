// Makes view blocks, one at a time, on a thread of its own.
import { type JobEnd, jobConsumers } from '#lib/bus';
import { type AugmentJob, augmentJobSchema, keys, subjects, type UnlabelEvent } from '#lib/contracts';
import { errorFields, runWorker } from '#lib/service';

import { ThreadMaker } from './thread-maker.ts';

const threadFile = new URL('block-thread.ts', import.meta.url);
/** So long has the job of a thread that died to be handed back, before the process ends and is started anew. */
const handBackMs = 1000;

runWorker<AugmentJob>('augment', async ({ storage, log }) => {
  const maker = new ThreadMaker(threadFile, storage, (error) => {
    log.fatal({ err: errorFields(error) }, 'the thread that makes blocks ended; this process ends, too');
    setTimeout(() => process.exit(1), handBackMs);
  });
  return {
    name: 'augment',
    consumers: jobConsumers('augment'),
    schema: augmentJobSchema,
    concurrency: 1,
    resultKey: ({ viewsHash, epoch, block }) => keys.viewBlock(viewsHash, epoch, block),
    async handle(job) {
      if (!job.resultExists) {
        const { samples, created } = await maker.make(job.message, () => job.progress());
        log.debug({ ...job.message, samples, created }, 'block made');
      }
      return announced(job.message);
    },
    close: () => maker.close(),
  };
});

function announced({ viewsHash, epoch, block }: AugmentJob): JobEnd {
  const message: UnlabelEvent = { version: 1, type: 'block-ready', viewsHash, epoch, block };
  return { end: 'done', events: [{ subject: subjects.eventsBlock(viewsHash), message }] };
}
