import { type z } from 'zod';

import { type Bus } from './connect.ts';
import { type BusLog } from './log.ts';
import { type JobConsumer } from './streams.ts';
import { type MarkStore } from './strikes.ts';

/** One delivery of a job, as the stage's code sees it. */
export interface Job<M> {
  readonly subject: string;
  readonly message: M;
  /** 1 for the first delivery. It counts restarts and outages too: strikes, not deliveries, say that a job is harmful. */
  readonly deliveryCount: number;
  /** The object that this job makes was there when the job arrived: skip the computing, never what follows it. */
  readonly resultExists: boolean;
  /** Aborted when the job must stop at once: another worker owns it (`fenced`), or the time to drain is over (`drained`). */
  readonly signal: AbortSignal;
  /** Aborted when the worker begins to drain: long work ends or hands itself back now, short work just ends. */
  readonly draining: AbortSignal;
  /** Says that the work advanced. Without it for `stallMs` the lease is not renewed and the process ends. */
  progress(): void;
  /**
   * From now on asks `stillOwner` every third of the ack wait and before the last word. At the first `false` the worker falls
   * silent: no renewal, no event, no ack. An error is no answer and changes nothing.
   */
  ownedWhile(stillOwner: () => Promise<boolean>): void;
}

export interface JobEvent {
  subject: string;
  message: unknown;
}

/**
 * How a job's work ended: `done` publishes the events, then acks; `hand-back` returns the job to the queue, by default for
 * five seconds, so that a job nobody here can do does not go round and round; at once when the worker drains.
 */
export type JobEnd = { end: 'done'; events?: JobEvent[] } | { end: 'hand-back'; reason: string; delayMs?: number };

/** What became of a delivery. */
export type Outcome = 'done' | 'handed-back' | 'failed' | 'dead-letter' | 'fenced' | 'abandoned';

export interface WorkOptions<M> {
  bus: Bus;
  /** Where to pull from: one consumer a stage, for pretraining one a method served. Each slot asks them in turn. */
  consumers: readonly JobConsumer[];
  schema: z.ZodType<M>;
  /** Jobs in work at once. @default 1 */
  concurrency?: number;
  /** A lease that isn't renewed for so long ends, and the job goes to another worker. @default 30000 */
  ackWaitMs?: number;
  /** Work that doesn't advance for so long ends the process. @default 300000 */
  stallMs?: number;
  /** From the signal on, jobs have so long to end; then they are handed back. @default 15000 */
  drainMs?: number;
  store: MarkStore;
  /** The key of the object that a job makes; the marks of its failures lie beside it. */
  resultKey(message: M): string;
  /** The mark of a result that will not come. @default `keys.failedMark(resultKey)` */
  failedMark?(resultKey: string): string;
  /**
   * Strikes counted in another way than by marks; for a run they are the attempts since its head last advanced.
   * Five make a dead letter.
   */
  countStrikes?(message: M): Promise<number>;
  /**
   * The stage's work: makes the object (exclusively), or throws. BadInputError, FormatError and UsageError make a dead
   * letter at once; any other error hands the job back, and later deliveries try again.
   */
  handle(job: Job<M>): Promise<JobEnd>;
  log: BusLog;
  /** Stops pulling and drains. */
  signal: AbortSignal;
  /** Called in place of killing the process, for a job that stalled or would not stop when it was fenced. Tests only. */
  onStall?(subject: string): void;
  /** For metrics and presence. */
  onStart?(subject: string): void;
  onEnd?(subject: string, outcome: Outcome, ms: number): void;
}

export const workDefaults = { concurrency: 1, ackWaitMs: 30_000, stallMs: 300_000, drainMs: 15_000 } as const;
