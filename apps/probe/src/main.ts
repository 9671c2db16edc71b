// Says what weights are worth, one measurement at a time, each in a process of its own, and makes pictures beside them.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { BadInputError, type Bus, type Job, type JobEnd, jobConsumers, picturesConsumer, publishEvent } from '#lib/bus';
import {
  codeVersion,
  type FromMeasure,
  fromMeasureSchema,
  type ProbeStageJob,
  probeStageJobSchema,
  subjects,
  type ToMeasure,
  type UnlabelEvent,
  UnlabelError,
} from '#lib/contracts';
import { trainingEnvironment } from '#lib/engine';
import { runWorker } from '#lib/service';

import { isPointless } from './is-pointless.ts';

const entry = fileURLToPath(new URL('measure/main.ts', import.meta.url));

runWorker<ProbeStageJob>('probe', async ({ bus, store, storage, config, log }) => {
  const threads = config.threads ?? availableParallelism();
  return {
    name: 'probe',
    consumers: jobConsumers('probe'),
    aside: [picturesConsumer()],
    schema: probeStageJobSchema,
    concurrency: 1,
    resultKey: ({ key }) => key,
    async handle(job) {
      if (await isPointless(store, job.message)) return { end: 'done' };
      try {
        const end = await measureOn(
          job,
          { type: 'measure', job: job.message, storage, codeVersion: codeVersion },
          threads,
          progressTo(bus, job.message),
        );
        const { type, ...made } = end;
        log.info(made, type === 'made' ? 'made pictures' : 'measured');
        return announced(job.message, end);
      } catch (error) {
        if (await isPointless(store, job.message)) return { end: 'done' }; // its objects went while they were read
        throw error;
      }
    },
  };
});

type Ending = Extract<FromMeasure, { type: 'result' | 'made' }>;

const aboutJob = ({ target, run, step, kind, split }: ProbeStageJob & { target: 'run' | 'pixels' }) =>
  ({ version: 1, target: target === 'pixels' ? 'pixels' : run, step, kind, split }) as const;

function announced(job: ProbeStageJob, end: Ending): JobEnd {
  const subject = subjects.eventsProbe(job.run);
  const tell = (message: UnlabelEvent): JobEnd => ({ end: 'done', events: [{ subject, message }] });
  if (job.target === 'pictures')
    return tell({ version: 1, type: 'pictures-made', run: job.run, step: job.step, kind: job.kind });
  if (end.type !== 'result') throw new UnlabelError(`the measuring process answered ${end.type} to ${job.kind}`);
  return tell({ ...aboutJob(job), type: 'probe-result', top1: end.top1 });
}

const tellEveryMs = 1000;

/** Tells who listens how far a measurement is, once a second at most. */
function progressTo(bus: Bus, job: ProbeStageJob): (progress: FromMeasure & { type: 'progress' }) => void {
  let toldMs = -Infinity;
  return ({ phase, done }) => {
    if (job.target === 'pictures') return;
    if (performance.now() - toldMs < tellEveryMs) return;
    toldMs = performance.now();
    const message: UnlabelEvent = { ...aboutJob(job), type: 'probe-progress', phase, done };
    void publishEvent(bus, subjects.eventsProbe(job.run), message); // never rejects: an event that is lost is lost
  };
}

/** Lets a child process measure, and hears of its progress until the end. The job's end is the child's. */
function measureOn(
  job: Job<ProbeStageJob>,
  task: ToMeasure,
  threads: number,
  onProgress: (progress: FromMeasure & { type: 'progress' }) => void,
): Promise<Ending> {
  const env = { ...process.env, ...trainingEnvironment({ intraOpThreads: threads, interOpThreads: threads }) };
  const child = fork(entry, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  for (const signal of [job.signal, job.draining]) signal.addEventListener('abort', kill, { once: true });
  return new Promise<Ending>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = fromMeasureSchema.parse(raw);
      job.progress();
      if (message.type === 'progress') onProgress(message);
      else if (message.type !== 'failed') resolve(message);
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
