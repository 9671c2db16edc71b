// The child process of a probe: it embeds and fits, which blocks it for seconds at a time, while its parent keeps the lease. It makes
// pictures, too, and then gives way to whatever else the machine does.
import { setPriority } from 'node:os';

import { type FromMeasure, toMeasureSchema, UnlabelError } from '#lib/contracts';
import { endWithParent } from '#lib/service';
import { openStore, waitingStore } from '#lib/storage';

import { makePictures } from '../pictures/make-pictures.ts';
import { measure } from './measure.ts';

/** Half of the least that a process may have: a training on all cores keeps nine tenths of them. */
const picturesNice = 10;

endWithParent();

const last = (message: FromMeasure) => void process.send?.(message, () => process.disconnect());

process.on('message', (raw) => {
  const { job, storage, codeVersion } = toMeasureSchema.parse(raw);
  const onProgress = (phase: string, done: number) =>
    void process.send?.({ type: 'progress', phase, done } satisfies FromMeasure);
  // A store that is away is waited for; only the end of this process ends the wait.
  const store = waitingStore(openStore(storage), {
    signal: new AbortController().signal,
    onWait: () => onProgress('waiting for the storage', 0),
  });
  if (job.target === 'pictures' && job.kind === 'encoder') setPriority(picturesNice);
  const work = async (): Promise<FromMeasure> => {
    if (job.target !== 'pictures') return { type: 'result', ...(await measure(store, job, codeVersion, onProgress)) };
    await makePictures(store, job, onProgress);
    return { type: 'made', key: job.key };
  };
  work().then(last, (error: unknown) => {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (!(failure instanceof UnlabelError)) process.stderr.write(`${failure.stack}\n`);
    const remedy = failure instanceof UnlabelError ? (failure.remedy ?? null) : null;
    last({
      type: 'failed',
      message: failure.message,
      remedy,
      bad: ['FormatError', 'UsageError', 'NotFoundError'].includes(failure.name),
    });
  });
});
