// The child process of a probe: it embeds and fits, which blocks it for seconds at a time, while its parent keeps the lease.
import { type FromMeasure, toMeasureSchema, UnlabelError } from '#lib/contracts';
import { endWithParent } from '#lib/service';
import { openStore, waitingStore } from '#lib/storage';

import { measure } from './measure.ts';

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
  measure(store, job, codeVersion, onProgress).then(
    ({ key, top1 }) => last({ type: 'result', key, top1 }),
    (error: unknown) => {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (!(failure instanceof UnlabelError)) process.stderr.write(`${failure.stack}\n`);
      const remedy = failure instanceof UnlabelError ? (failure.remedy ?? null) : null;
      last({
        type: 'failed',
        message: failure.message,
        remedy,
        bad: ['FormatError', 'UsageError', 'NotFoundError'].includes(failure.name),
      });
    },
  );
});
