import type { Bus, Job, JobEnd } from '#lib/bus';
import { publishEvent, publishJob, subscribeEvents } from '#lib/bus';
import {
  type CheckpointEntry,
  type Cursor,
  eventSchema,
  type FromTrainer,
  keys,
  type PretrainJob,
  type RunHead,
  type RunResolved,
  type RunSpec,
  runSpecSchema,
  subjects,
  type UnlabelEvent,
} from '#lib/contracts';
import { type ObjectStore, requireJson } from '#lib/storage';

import { FencedError, OwnedHead, readHead } from './claim.ts';
import { keptCheckpoints, sweepCheckpoints } from './keep-checkpoints.ts';
import { type Machine, resolveRun } from './resolve.ts';
import { type TrainerEnd, TrainerProcess } from './trainer-process.ts';
import { BlockWindow } from './window.ts';

export interface OwnRunOptions {
  bus: Bus;
  store: ObjectStore;
  /** address of the store, for the training process */
  storage: string;
  machine: Machine;
  log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

const lookEveryMs = 1000;
const askEveryMs = 5000;
const stepEventEveryMs = 200;

/** Owns one run from its claim to its end: keeps the head, asks for blocks, and lets a child process train. */
export async function ownRun(options: OwnRunOptions, job: Job<PretrainJob>): Promise<JobEnd> {
  const { store } = options;
  const { run } = job.message;
  const { head } = await readHead(store, run);
  if (head.state === 'finished' || head.state === 'failed') return { end: 'done' };
  if (head.wanted === 'stop') {
    const owned = await OwnedHead.claim(store, run);
    await owned.commit(() => ({ state: 'stopped', attemptsSinceAdvance: 0 }));
    return { end: 'done', events: [stateEvent(owned.head)] };
  }
  const spec = await requireJson(store, keys.runSpec(run), runSpecSchema);
  const resolved = await resolveRun(store, run, spec, options.machine);
  const owned = await OwnedHead.claim(store, run);
  job.ownedWhile(() => isOwner(owned));
  return new Ownership(options, job, owned, spec, resolved).train();
}

async function isOwner(owned: OwnedHead): Promise<boolean> {
  try {
    await owned.refresh();
    return true;
  } catch (error) {
    if (error instanceof FencedError) return false;
    throw error; // a store that is away says nothing about who owns the run
  }
}

/** One attempt at a run. */
class Ownership {
  readonly #options: OwnRunOptions;
  readonly #job: Job<PretrainJob>;
  readonly #owned: OwnedHead;
  readonly #spec: RunSpec;
  readonly #resolved: RunResolved;
  readonly #window: BlockWindow;
  readonly #trainer: TrainerProcess;
  #cursor: Cursor;
  #step: number;
  #lastStepEventMs = -Infinity;
  #commits: Promise<void> = Promise.resolve();
  #failure: ((error: Error) => void) | undefined;

  constructor(options: OwnRunOptions, job: Job<PretrainJob>, owned: OwnedHead, spec: RunSpec, resolved: RunResolved) {
    this.#options = options;
    this.#job = job;
    this.#owned = owned;
    this.#spec = spec;
    this.#resolved = resolved;
    const last = owned.head.checkpoints.at(-1);
    this.#cursor = last?.cursor ?? { epoch: 0, batch: 0 };
    this.#step = last?.step ?? 0;
    const publish = (subject: string, message: object) =>
      publishJob(options.bus, subject, message, { signal: job.signal });
    this.#window = new BlockWindow({ store: options.store, publish, spec, resolved, traceId: job.message.traceId });
    this.#trainer = new TrainerProcess(resolved, (message) => this.#receive(message));
  }

  async train(): Promise<JobEnd> {
    const { bus, log } = this.#options;
    const { run, attempt } = this.#owned.head;
    const kill = () => this.#trainer.kill();
    const stop = () => this.#trainer.send({ type: 'stop' });
    this.#job.signal.addEventListener('abort', kill, { once: true });
    this.#job.draining.addEventListener('abort', stop, { once: true });
    const timers = [setInterval(() => void this.#look(), lookEveryMs), setInterval(() => this.#ask(), askEveryMs)];
    const blocks = await subscribeEvents(bus, subjects.eventsBlock(this.#resolved.viewsHash), ({ message }) =>
      this.#blockEvent(message),
    );
    try {
      log.info({ run, attempt, from: this.#step }, 'training');
      void publishEvent(bus, subjects.eventsRun(run), stateEvent(this.#owned.head).message);
      this.#ask();
      this.#trainer.send(this.#start());
      const failed = new Promise<never>((_, reject) => (this.#failure = reject));
      const end = await Promise.race([this.#trainer.ended, failed]);
      await this.#commits;
      return await this.#end(end);
    } finally {
      this.#trainer.kill();
      for (const timer of timers) clearInterval(timer);
      this.#job.signal.removeEventListener('abort', kill);
      this.#job.draining.removeEventListener('abort', stop);
      await blocks.close();
    }
  }

  #start() {
    const { run, attempt, checkpoints, trainSeconds, waitSeconds } = this.#owned.head;
    return {
      type: 'start' as const,
      run,
      attempt,
      storage: this.#options.storage,
      spec: this.#spec,
      resolved: this.#resolved,
      resume: checkpoints.at(-1) ?? null,
      trainSeconds,
      waitSeconds,
    };
  }

  #receive(message: FromTrainer): void {
    this.#job.progress();
    if (message.type === 'cursor') {
      this.#cursor = message.cursor;
      this.#ask();
    } else if (message.type === 'step') this.#announceStep(message);
    else if (message.type === 'checkpoint')
      this.#commits = this.#commits.then(() => this.#commit(message)).catch((error: Error) => this.#failure?.(error));
  }

  #announceStep({ metrics }: Extract<FromTrainer, { type: 'step' }>): void {
    this.#step = metrics.step;
    const now = performance.now();
    if (now - this.#lastStepEventMs < stepEventEveryMs && metrics.step < this.#resolved.totalSteps) return;
    this.#lastStepEventMs = now;
    const { run } = this.#owned.head;
    const event: UnlabelEvent = { version: 1, type: 'run-step', run, totalSteps: this.#resolved.totalSteps, metrics };
    void publishEvent(this.#options.bus, subjects.eventsRun(run), event);
  }

  /** Makes a checkpoint count: the head names it, then what the head dropped is swept. */
  async #commit({
    entry,
    metrics,
    trainSeconds,
    waitSeconds,
  }: Extract<FromTrainer, { type: 'checkpoint' }>): Promise<void> {
    let dropped: CheckpointEntry[] = [];
    await this.#owned.commit((head) => {
      const kept = keptCheckpoints([...head.checkpoints, entry], this.#spec.checkpoint.keep);
      dropped = head.checkpoints.filter(({ folder }) => !kept.some((other) => other.folder === folder));
      return {
        checkpoints: kept,
        metrics: metrics ? [...head.metrics, metrics] : head.metrics,
        attemptsSinceAdvance: 0,
        trainSeconds,
        waitSeconds,
      };
    });
    this.#trainer.send({ type: 'committed', step: entry.step });
    await sweepCheckpoints(this.#options.store, dropped);
  }

  /** Sees whether a stop is wanted. Fencing is the job's own business (`ownedWhile`). */
  async #look(): Promise<void> {
    const head = await this.#owned.refresh().catch(() => undefined);
    if (head?.wanted === 'stop') this.#trainer.send({ type: 'stop' });
  }

  #ask(): void {
    this.#window.move(this.#cursor).catch((error: unknown) => {
      if (!this.#job.signal.aborted)
        this.#options.log.warn(
          { run: this.#owned.head.run, error: String(error) },
          'asking for view blocks failed; trying again',
        );
    });
  }

  #blockEvent(raw: unknown): void {
    const parsed = eventSchema.safeParse(raw);
    if (!parsed.success || parsed.data.type !== 'block-ready') return;
    const { epoch, block } = parsed.data;
    this.#window.arrived(epoch, block);
    this.#trainer.send({ type: 'block-ready', epoch, block });
  }

  async #end(end: TrainerEnd): Promise<JobEnd> {
    const { run } = this.#owned.head;
    if (end.type === 'declined') {
      await this.#owned.commit((head) => ({
        state: 'queued',
        attemptsSinceAdvance: Math.max(head.attemptsSinceAdvance - 1, 0),
      }));
      return { end: 'hand-back', reason: end.reason };
    }
    if (end.type === 'ended' && end.how === 'stopped' && (await this.#owned.refresh()).wanted === 'run') {
      await this.#owned.commit(() => ({ state: 'queued', attemptsSinceAdvance: 0 }));
      return { end: 'hand-back', reason: 'this worker drains', delayMs: 0 };
    }
    await this.#owned.commit(() => endState(run, end));
    return { end: 'done', events: [stateEvent(this.#owned.head)] };
  }
}

function endState(run: string, end: Exclude<TrainerEnd, { type: 'declined' }>): Partial<RunHead> {
  if (end.type === 'failed') return { state: 'failed', reason: end.message, remedy: end.remedy };
  if (end.type === 'blocked')
    return {
      state: 'blocked',
      reason: end.reason,
      remedy: `mend the cause, remove the mark ${keys.failedMark(end.block)}, then ./unlabel resume ${run}`,
    };
  return { state: end.how === 'stopped' ? 'stopped' : 'finished', reason: null, remedy: null };
}

function stateEvent(head: RunHead): { subject: string; message: UnlabelEvent } {
  const step = head.checkpoints.at(-1)?.step ?? 0;
  return {
    subject: subjects.eventsRun(head.run),
    message: { version: 1, type: 'run-state', run: head.run, state: head.state, step, reason: head.reason },
  };
}
