import { Worker } from 'node:worker_threads';

import { BadInputError, CrashError } from '#lib/bus';
import { type AugmentJob, UnlabelError } from '#lib/contracts';

import type { FromBlockThread } from './block-thread.ts';

interface Making {
  progress(): void;
  resolve(made: { samples: number; created: boolean }): void;
  reject(error: Error): void;
}

/** Makes blocks on a thread of its own, one at a time. A thread that ended takes no more jobs. */
export class ThreadMaker {
  readonly #thread: Worker;
  #making: Making | undefined;
  #death: Error | undefined;
  #closing = false;

  /**
   * @param file the thread's program
   * @param onDeath called once when the thread ends without having been closed, after its job was refused
   */
  constructor(file: URL, storage: string, onDeath: (error: Error) => void) {
    this.#thread = new Worker(file, { workerData: { storage } });
    let cause: Error | undefined;
    this.#thread.on('message', (message: FromBlockThread) => this.#hear(message));
    this.#thread.on('error', (error: Error) => (cause = error));
    this.#thread.on('exit', (code) => {
      this.#death = new CrashError(
        `the thread that makes blocks ended with code ${code}${cause ? `: ${cause.message}` : ''}`,
        { cause },
      );
      this.#take()?.reject(this.#death);
      if (!this.#closing) onDeath(this.#death);
    });
  }

  /** @throws BadInputError for input that stays bad; CrashError when the thread ended; UnlabelError for any other failure */
  make(job: AugmentJob, progress: () => void): Promise<{ samples: number; created: boolean }> {
    return new Promise((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      this.#making = { progress, resolve, reject };
      this.#thread.postMessage(job);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#thread.terminate();
  }

  #take(): Making | undefined {
    const making = this.#making;
    this.#making = undefined;
    return making;
  }

  #hear(message: FromBlockThread): void {
    if (message.type === 'progress') return this.#making?.progress();
    const making = this.#take();
    if (message.type === 'done') return making?.resolve(message);
    const { message: text } = message.error;
    making?.reject(message.bad ? new BadInputError(text) : new UnlabelError(text, { cause: message.error }));
  }
}
