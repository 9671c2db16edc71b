// The child process that trains one run. Its parent owns the run, keeps the lease and asks for view blocks; this process
// reads them, steps the method and writes checkpoints. It speaks with the parent over IPC only, and ends with it.
import { type FromTrainer, type ToTrainer, toTrainerSchema, UnlabelError } from '#lib/contracts';
import { endWithParent } from '#lib/service';
import { openStore, waitingStore } from '#lib/storage';

import { BlockedError } from './block-batches.ts';
import { Training } from './training.ts';
import { timeSteps } from './trial.ts';

const send = (message: FromTrainer) => void process.send?.(message);

endWithParent(); // whoever claims the run next starts its own child

let training: Training | undefined;

function receive(raw: unknown): void {
  const message: ToTrainer = toTrainerSchema.parse(raw);
  if (message.type === 'start') {
    // A store that is away is waited for; only the end of this process ends the wait.
    const store = waitingStore(openStore(message.storage), {
      signal: new AbortController().signal,
      onWait: ({ error }) => send({ type: 'alive', doing: `waiting for the storage: ${error.message}` }),
    });
    training = new Training(message, store, send);
    void training.run().then(finish, failRun);
  } else if (message.type === 'trial') void timeSteps(message, send).then(finish, fail);
  else training?.receive(message);
}

function finish(ended: FromTrainer): void {
  process.send?.(ended, () => process.disconnect());
}

/** What was foreseen ends the run, with what to do; after anything else another attempt is made, as after a crash. */
function failRun(error: unknown): void {
  if (error instanceof BlockedError) return finish({ type: 'blocked', block: error.block, reason: error.message });
  if (error instanceof UnlabelError) return fail(error);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  finish({ type: 'crashed', message });
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof UnlabelError))
    process.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  finish({ type: 'failed', message, remedy: error instanceof UnlabelError ? (error.remedy ?? null) : null });
}

process.on('message', receive);
