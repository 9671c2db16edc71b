import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { CrashError } from '#lib/bus';
import { type FromTrainer, fromTrainerSchema, type RunResolved, type ToTrainer } from '#lib/contracts';
import { trainingEnvironment } from '#lib/engine';

const entry = fileURLToPath(new URL('trainer/main.ts', import.meta.url));

export type TrainerEnd = Extract<FromTrainer, { type: 'ended' | 'blocked' | 'failed' | 'crashed' | 'declined' }>;

/** The child process that trains one run: TensorFlow reads its flags once, when it loads, and a crash in it ends it alone. */
export class TrainerProcess {
  readonly #child: ChildProcess;
  /** Its last word. Rejects with a CrashError if it ends without one. */
  readonly ended: Promise<TrainerEnd>;

  constructor(resolved: RunResolved, onMessage: (message: FromTrainer) => void) {
    const env = { ...process.env, ...trainingEnvironment({ ...resolved, xla: resolved.computation.xla }) };
    this.#child = fork(entry, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.ended = new Promise((resolve, reject) => {
      let last: TrainerEnd | undefined;
      this.#child.on('message', (raw) => {
        const message = fromTrainerSchema.parse(raw);
        if (
          message.type === 'ended' ||
          message.type === 'blocked' ||
          message.type === 'failed' ||
          message.type === 'crashed' ||
          message.type === 'declined'
        )
          last = message;
        else onMessage(message);
      });
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        if (last) resolve(last);
        else reject(new CrashError(`the training process ended without a word (${signal ?? `exit code ${code}`})`));
      });
    });
  }

  send(message: ToTrainer): void {
    if (this.#child.connected) this.#child.send(message, () => undefined); // one that just ended is seen by `ended`
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
