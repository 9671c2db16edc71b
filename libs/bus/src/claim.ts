import { type Lease } from './lease.ts';
import { type BusLog, errorText } from './log.ts';
import { untilAnswered } from './waiting.ts';

export interface ClaimOptions {
  subject: string;
  lease: Lease;
  ackWaitMs: number;
  log: BusLog;
  /** Called when the work goes on although it was fenced. */
  onRunaway(): void;
}

const longestGraceMs = 5_000;

/** What a worker may still say about a delivery. Once silent, it stays silent. */
export class Claim {
  readonly lease: Lease;
  readonly #options: ClaimOptions;
  readonly #stop = new AbortController();
  #silence: 'fenced' | 'abandoned' | undefined;
  #stillOwner: (() => Promise<boolean>) | undefined;
  #ownerTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(options: ClaimOptions) {
    this.lease = options.lease;
    this.#options = options;
  }

  /** Aborted when the work must stop at once. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Why nothing may be said any more, if so. */
  get silence(): 'fenced' | 'abandoned' | undefined {
    return this.#silence;
  }

  ownedWhile(stillOwner: () => Promise<boolean>): void {
    this.#stillOwner = stillOwner;
    clearInterval(this.#ownerTimer);
    if (this.#silence === undefined)
      this.#ownerTimer = setInterval(() => void this.#askOwner(), this.#options.ackWaitMs / 3);
  }

  async #askOwner(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      if ((await this.#stillOwner?.()) === false) this.fence();
    } catch (error) {
      this.#options.log.warn(
        { subject: this.#options.subject, error: errorText(error) },
        'bus: ownership not verified',
      );
    } finally {
      this.#asking = false;
    }
  }

  /** Whether something may be said now; a claim that is owned elsewhere too asks there first, as long as it takes. */
  async maySpeak(): Promise<boolean> {
    const { subject, log, ackWaitMs } = this.#options;
    const stillOwner = this.#stillOwner;
    if (this.#silence !== undefined) return false;
    if (!stillOwner) return true;
    const alive = setInterval(() => this.lease.progress(), ackWaitMs / 3);
    const patience = { what: `verify the owner of ${subject}`, log, signal: this.signal };
    const isOwner = await untilAnswered(stillOwner, patience).catch(() => undefined);
    clearInterval(alive);
    if (isOwner === false) this.fence();
    return this.#silence === undefined && isOwner === true;
  }

  /** Another worker owns the job. Work that does not stop within a moment is a runaway. */
  fence(): void {
    const { subject, log, ackWaitMs, onRunaway } = this.#options;
    if (this.#silence !== undefined) return;
    log.warn({ subject }, 'bus: the job has another owner; this worker drops it');
    this.#silenceWith('fenced');
    this.#graceTimer = setTimeout(onRunaway, Math.min(ackWaitMs, longestGraceMs));
  }

  /** The time to drain is over. */
  abandon(): void {
    if (this.#silence === undefined) this.#silenceWith('abandoned');
  }

  #silenceWith(silence: 'fenced' | 'abandoned'): void {
    this.#silence = silence;
    this.lease.fence();
    clearInterval(this.#ownerTimer);
    this.#stop.abort(new Error(silence === 'fenced' ? 'fenced: the job has another owner' : 'drained: out of time'));
  }

  /** Ends the renewal and all timers. */
  close(): void {
    clearInterval(this.#ownerTimer);
    clearTimeout(this.#graceTimer);
    this.lease.release();
  }
}
