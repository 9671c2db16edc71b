// Makes view blocks, one at a time, on a thread of its own.
import { Worker } from 'node:worker_threads';

import { BadInputError, type Job, type JobEnd, jobConsumers } from '#lib/bus';
import { type AugmentJob, augmentJobSchema, keys, subjects, type UnlabelEvent, UnlabelError } from '#lib/contracts';
import { runWorker } from '#lib/service';

import type { FromBlockThread } from './block-thread.ts';

const threadFile = new URL('block-thread.ts', import.meta.url);

runWorker<AugmentJob>('augment', async ({ storage, log }) => {
  const thread = new Worker(threadFile, { workerData: { storage } });
  return {
    name: 'augment',
    consumers: jobConsumers('augment'),
    schema: augmentJobSchema,
    concurrency: 1,
    resultKey: ({ viewsHash, epoch, block }) => keys.viewBlock(viewsHash, epoch, block),
    async handle(job) {
      if (!job.resultExists) {
        const { samples, created } = await makeOn(thread, job);
        log.debug({ ...job.message, samples, created }, 'block made');
      }
      return announced(job.message);
    },
    async close() {
      await thread.terminate();
    },
  };
});

function announced({ viewsHash, epoch, block }: AugmentJob): JobEnd {
  const message: UnlabelEvent = { version: 1, type: 'block-ready', viewsHash, epoch, block };
  return { end: 'done', events: [{ subject: subjects.eventsBlock(viewsHash), message }] };
}

/** Lets the thread make a job's block, and hears of its progress until the end. */
function makeOn(thread: Worker, job: Job<AugmentJob>): Promise<{ samples: number; created: boolean }> {
  return new Promise((resolve, reject) => {
    const hear = (message: FromBlockThread) => {
      if (message.type === 'progress') return job.progress();
      leave();
      if (message.type === 'done') resolve(message);
      else
        reject(
          message.bad
            ? new BadInputError(message.error.message)
            : new UnlabelError(message.error.message, { cause: message.error }),
        );
    };
    const die = (error: Error) => {
      leave();
      reject(error);
    };
    const leave = () => {
      thread.off('message', hear);
      thread.off('error', die);
    };
    thread.on('message', hear);
    thread.on('error', die);
    thread.postMessage(job.message);
  });
}
