import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { BadInputError, type Job } from '#lib/bus';
import {
  type ComputationWay,
  fromTrainerSchema,
  type PretrainJob,
  type RunSpec,
  threadsOf,
  type Trial,
  UnlabelError,
} from '#lib/contracts';
import { trainingEnvironment } from '#lib/engine';

import type { Machine } from './resolve.ts';

const entry = fileURLToPath(new URL('trainer/main.ts', import.meta.url));

/**
 * Lets a child process time a few steps of a spec, computed in one way, with the threads that the run will have.
 * @throws BadInputError with the child's reason, for a spec whose step fails: it would fail again
 * @throws UnlabelError when the worker drains or lost the job meanwhile
 */
export function measureTrial(
  spec: RunSpec,
  way: ComputationWay,
  { threads }: Machine,
  job: Pick<Job<PretrainJob>, 'progress' | 'signal' | 'draining'>,
): Promise<Trial> {
  const env = { ...process.env, ...trainingEnvironment({ ...threadsOf(way, threads), xla: way.xla }) };
  const child = fork(entry, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  for (const signal of [job.signal, job.draining]) signal.addEventListener('abort', kill, { once: true });
  return new Promise<Trial>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = fromTrainerSchema.parse(raw);
      job.progress();
      if (message.type === 'trial') resolve(message.trial);
      else if (message.type === 'failed')
        reject(
          new BadInputError(`the timed trial failed: ${message.message}`, { remedy: message.remedy ?? undefined }),
        );
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const isLeft = job.signal.aborted || job.draining.aborted;
      const how = `the timed trial ended without a word (${signal ?? `exit code ${code}`})`;
      reject(isLeft ? new UnlabelError(how) : new BadInputError(how));
    });
    child.send({ type: 'trial', spec, way });
  }).finally(() => {
    for (const signal of [job.signal, job.draining]) signal.removeEventListener('abort', kill);
    kill();
  });
}
