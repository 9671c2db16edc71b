import { type Job, type JobEnd, publishEvent, publishJob, subscribeEvents } from '#lib/bus';
import {
  type Cursor,
  eventSchema,
  type FromTrainer,
  isPictured,
  type PretrainJob,
  type RunResolved,
  type RunSpec,
  type StepMetrics,
  subjects,
  type UnlabelEvent,
} from '#lib/contracts';

import { CheckpointCommits } from './checkpoint-commits.ts';
import type { OwnedHead } from './claim.ts';
import type { OwnRunOptions } from './own-run.ts';
import { endRun, stateEvent } from './run-end.ts';
import { TrainerProcess } from './trainer-process.ts';
import { BlockWindow } from './window.ts';

const lookEveryMs = 1000;
const askEveryMs = 5000;
const stepEventEveryMs = 200;

/** One attempt at a run: the child process trains, this asks for blocks and results for it and keeps the head. */
export class Ownership {
  readonly #options: OwnRunOptions;
  readonly #job: Job<PretrainJob>;
  readonly #owned: OwnedHead;
  readonly #spec: RunSpec;
  readonly #resolved: RunResolved;
  readonly #window: BlockWindow;
  readonly #commits: CheckpointCommits;
  #trainer: TrainerProcess | undefined;
  #cursor: Cursor;
  #lastStepEventMs = -Infinity;
  /** step whose results on tune the child waits for */
  #tuneWanted: number | undefined;
  #failure: (error: Error) => void = () => undefined;

  constructor(options: OwnRunOptions, job: Job<PretrainJob>, owned: OwnedHead, spec: RunSpec, resolved: RunResolved) {
    this.#options = options;
    this.#job = job;
    this.#owned = owned;
    this.#spec = spec;
    this.#resolved = resolved;
    this.#cursor = owned.head.checkpoints.at(-1)?.cursor ?? { epoch: 0, batch: 0 };
    const publish = (subject: string, message: object) =>
      publishJob(options.bus, subject, message, { signal: job.signal });
    this.#window = new BlockWindow({ store: options.store, publish, spec, resolved, traceId: job.message.traceId });
    this.#commits = new CheckpointCommits(
      options.store,
      owned,
      spec,
      (error) => this.#failure(error),
      (entry) => isPictured(spec, resolved, entry),
    );
  }

  /** Trains to the run's end, or to that of this attempt. Whatever fails, the child and the timers end with it. */
  async train(): Promise<JobEnd> {
    const { bus, log } = this.#options;
    const { run, attempt, checkpoints } = this.#owned.head;
    const kill = () => this.#trainer?.kill();
    const stop = () => this.#trainer?.send({ type: 'stop' });
    const timers: NodeJS.Timeout[] = [];
    let blocks: Awaited<ReturnType<typeof subscribeEvents>> | undefined;
    try {
      const failed = new Promise<never>((_, reject) => (this.#failure = reject));
      failed.catch(() => undefined); // one that comes before it is waited for
      blocks = await subscribeEvents(bus, subjects.eventsBlock(this.#resolved.viewsHash), ({ message }) =>
        this.#blockEvent(message),
      );
      this.#job.signal.throwIfAborted();
      this.#job.signal.addEventListener('abort', kill, { once: true });
      this.#job.draining.addEventListener('abort', stop, { once: true });
      timers.push(
        setInterval(() => void this.#look(), lookEveryMs),
        setInterval(() => this.#ask(), askEveryMs),
      );
      log.info({ run, attempt, from: checkpoints.at(-1)?.step ?? 0 }, 'training');
      this.#announceState();
      this.#ask();
      this.#trainer = new TrainerProcess(this.#resolved, (message) => this.#receive(message));
      this.#trainer.send(this.#start());
      if (this.#job.draining.aborted) stop();
      const end = await Promise.race([this.#trainer.ended, failed]);
      await this.#commits.settled;
      return await endRun(this.#owned, end);
    } finally {
      kill();
      this.#options.figures.end(run, this.#spec);
      for (const timer of timers) clearInterval(timer);
      this.#job.signal.removeEventListener('abort', kill);
      this.#job.draining.removeEventListener('abort', stop);
      await blocks?.close();
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
    } else if (message.type === 'step') {
      this.#options.figures.step(this.#owned.head.run, this.#spec, message.metrics);
      this.#announceStep(message.metrics);
    } else if (message.type === 'tune-probe-wanted') this.#tuneWanted = message.step;
    else if (message.type === 'checkpoint') this.#commits.add(message, () => this.#committed(message));
  }

  #committed({ entry }: Extract<FromTrainer, { type: 'checkpoint' }>): void {
    this.#trainer?.send({ type: 'committed', step: entry.step });
    this.#announceState(); // control asks for its probes and pictures, and open pages for what there is now
  }

  #announceState(): void {
    const { subject, message } = stateEvent(this.#owned.head);
    void publishEvent(this.#options.bus, subject, message);
  }

  /** Not every step of fast ones is announced, but all with readings are. */
  #announceStep(metrics: StepMetrics): void {
    const { totalSteps } = this.#resolved;
    const now = performance.now();
    const isPlain = !metrics.monitors && !metrics.tuneProbe && !metrics.resources && metrics.step < totalSteps;
    if (isPlain && now - this.#lastStepEventMs < stepEventEveryMs) return;
    this.#lastStepEventMs = now;
    const { run } = this.#owned.head;
    const event: UnlabelEvent = { version: 1, type: 'run-step', run, totalSteps, metrics };
    void publishEvent(this.#options.bus, subjects.eventsRun(run), event);
  }

  /** Sees whether a stop is wanted and what probes found. Fencing is the job's own business (`ownedWhile`). */
  async #look(): Promise<void> {
    this.#commits.look();
    const head = await this.#owned.refresh().catch(() => undefined);
    if (head?.wanted === 'stop') this.#trainer?.send({ type: 'stop' });
    await this.#handTuneReading().catch((error: Error) => this.#failure(error));
  }

  async #handTuneReading(): Promise<void> {
    const step = this.#tuneWanted;
    if (step === undefined) return;
    this.#job.progress(); // the child waits for a probe: nothing is stuck
    const reading = await this.#commits.tune.reading(step);
    if (!reading || this.#tuneWanted !== step) return;
    this.#tuneWanted = undefined;
    if ('step' in reading) this.#trainer?.send({ type: 'tune-probe', reading });
    else this.#trainer?.send({ type: 'tune-probe-failed', step, ...reading });
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
    this.#trainer?.send({ type: 'block-ready', epoch, block });
  }
}
