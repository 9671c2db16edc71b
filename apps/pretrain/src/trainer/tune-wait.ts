import type { FromTrainer, ToTrainer, TuneReading } from '#lib/contracts';

import { BlockedError } from './block-batches.ts';

/** Waits for results on tune, which the worker polls the store for and hands over. */
export class TuneWait {
  readonly #send: (message: FromTrainer) => void;
  readonly #signal: AbortSignal;
  #waiting: { step: number; resolve: (reading: TuneReading) => void; reject: (error: Error) => void } | undefined;

  /** @param signal aborts a wait, since a stop is wanted */
  constructor(send: (message: FromTrainer) => void, signal: AbortSignal) {
    this.#send = send;
    this.#signal = signal;
  }

  receive(message: Extract<ToTrainer, { type: 'tune-probe' | 'tune-probe-failed' }>): void {
    const waiting = this.#waiting;
    if (message.type === 'tune-probe') {
      if (message.reading.step === waiting?.step) waiting.resolve(message.reading);
    } else if (message.step === waiting?.step)
      waiting.reject(new BlockedError(message.key, message.reason, 'probe result'));
  }

  /**
   * The results of the checkpoint at a step; undefined when a stop is wanted before they come.
   * @throws BlockedError for a probe that ended as a dead letter
   */
  async result(step: number): Promise<TuneReading | undefined> {
    if (this.#signal.aborted) return undefined;
    let stop: () => void = () => undefined;
    try {
      return await new Promise<TuneReading | undefined>((resolve, reject) => {
        stop = () => resolve(undefined);
        this.#signal.addEventListener('abort', stop, { once: true });
        this.#waiting = { step, resolve, reject };
        this.#send({ type: 'tune-probe-wanted', step });
      });
    } finally {
      this.#signal.removeEventListener('abort', stop);
      this.#waiting = undefined;
    }
  }
}
