import type { ControlClient } from '#lib/client';
import type { StepMetrics } from '#lib/contracts';

import { appendEvents, eventFilePath, writeEventFile } from './event-file.ts';
import { writeRunEvents } from './run-events.ts';

/**
 * A run's event file, written while the run is followed. Fast runs announce some of their steps only; the rest is there when it is closed, which
 * writes all of them anew.
 */
export class EventLog {
  readonly #client: ControlClient;
  readonly #run: string;
  readonly #folder: string;
  readonly #path: string;
  #last: number;
  #written: Promise<void> = Promise.resolve();

  private constructor(client: ControlClient, run: string, folder: string, path: string, last: number) {
    this.#client = client;
    this.#run = run;
    this.#folder = folder;
    this.#path = path;
    this.#last = last;
  }

  /** Writes what the run has so far. @throws UsageError for a folder that can't be written to */
  static async open(client: ControlClient, run: string, folder: string): Promise<EventLog> {
    const [{ summary }, { metrics }] = await Promise.all([client.run(run), client.metrics(run)]);
    const path = eventFilePath(folder, run, summary.createdAt);
    await writeEventFile(path, metrics, []);
    return new EventLog(client, run, folder, path, metrics.at(-1)?.step ?? 0);
  }

  /** Adds those of the steps that are new. */
  add(steps: readonly StepMetrics[]): void {
    const fresh = steps.filter(({ step }) => step > this.#last);
    if (fresh.length === 0) return;
    this.#last = fresh.at(-1)?.step ?? this.#last;
    this.#written = this.#written.then(() => appendEvents(this.#path, fresh));
    this.#written.catch(() => undefined); // closing tells
  }

  /** Writes every step, and what was measured. */
  async close(): Promise<void> {
    await this.#written;
    await writeRunEvents(this.#client, this.#run, this.#folder);
  }
}
