// Says what weights are worth, one measurement at a time, each in a process of its own.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { BadInputError, type Bus, type Job, type JobEnd, jobConsumers, publishEvent } from '#lib/bus';
import {
  codeVersion,
  type FromMeasure,
  fromMeasureSchema,
  keys,
  type ProbeJob,
  probeJobSchema,
  runHeadSchema,
  subjects,
  type ToMeasure,
  type UnlabelEvent,
  UnlabelError,
} from '#lib/contracts';
import { trainingEnvironment } from '#lib/engine';
import { runWorker } from '#lib/service';
import { getJson, type ObjectStore } from '#lib/storage';

const entry = fileURLToPath(new URL('measure/main.ts', import.meta.url));

runWorker<ProbeJob>('probe', async ({ bus, store, storage, config, log }) => {
  const threads = config.threads ?? availableParallelism();
  return {
    name: 'probe',
    consumers: jobConsumers('probe'),
    schema: probeJobSchema,
    concurrency: 1,
    resultKey: ({ key }) => key,
    async handle(job) {
      if (await isRemoved(store, job.message)) return { end: 'done' };
      try {
        const { key, top1 } = await measureOn(
          job,
          { type: 'measure', job: job.message, storage, codeVersion: codeVersion },
          threads,
          progressTo(bus, job.message),
        );
        log.info({ key, top1 }, 'measured');
        return announced(job.message, top1);
      } catch (error) {
        if (await isRemoved(store, job.message)) return { end: 'done' }; // its objects went while they were read
        throw error;
      }
    },
  };
});

/** Whether the run whose weights or settings are measured was removed: nobody waits for the result. */
async function isRemoved(store: ObjectStore, { run }: ProbeJob): Promise<boolean> {
  const head = await getJson(store, keys.runHead(run), runHeadSchema);
  return head?.value.state === 'removed';
}

const aboutJob = ({ target, run, step, kind, split }: ProbeJob) =>
  ({ version: 1, target: target === 'pixels' ? 'pixels' : run, step, kind, split }) as const;

function announced(job: ProbeJob, top1: number): JobEnd {
  const message: UnlabelEvent = { ...aboutJob(job), type: 'probe-result', top1 };
  return { end: 'done', events: [{ subject: subjects.eventsProbe(job.run), message }] };
}

const tellEveryMs = 1000;

/** Tells who listens how far a measurement is, once a second at most. */
function progressTo(bus: Bus, job: ProbeJob): (progress: FromMeasure & { type: 'progress' }) => void {
  let toldMs = -Infinity;
  return ({ phase, done }) => {
    if (performance.now() - toldMs < tellEveryMs) return;
    toldMs = performance.now();
    const message: UnlabelEvent = { ...aboutJob(job), type: 'probe-progress', phase, done };
    void publishEvent(bus, subjects.eventsProbe(job.run), message); // never rejects: an event that is lost is lost
  };
}

/** Lets a child process measure, and hears of its progress until the end. The job's end is the child's. */
function measureOn(
  job: Job<ProbeJob>,
  task: ToMeasure,
  threads: number,
  onProgress: (progress: FromMeasure & { type: 'progress' }) => void,
): Promise<{ key: string; top1: number }> {
  const env = { ...process.env, ...trainingEnvironment({ intraOpThreads: threads, interOpThreads: threads }) };
  const child = fork(entry, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  for (const signal of [job.signal, job.draining]) signal.addEventListener('abort', kill, { once: true });
  return new Promise<{ key: string; top1: number }>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = fromMeasureSchema.parse(raw);
      job.progress();
      if (message.type === 'progress') onProgress(message);
      else if (message.type === 'result') resolve(message);
      else {
        const remedy = message.remedy ?? undefined;
        reject(
          message.bad ? new BadInputError(message.message, { remedy }) : new UnlabelError(message.message, { remedy }),
        );
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new UnlabelError(`the measuring process ended without a word (${signal ?? `exit code ${code}`})`)),
    );
    child.send(task);
  }).finally(() => {
    for (const signal of [job.signal, job.draining]) signal.removeEventListener('abort', kill);
    kill();
  });
}
