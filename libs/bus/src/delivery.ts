import { type JsMsg } from '@nats-io/jetstream';

import { FormatError, keys, UnlabelError } from '#lib/contracts';

import { confirm, handBack, replySubject } from './acknowledge.ts';
import { isBadInput, isFault } from './bad-input.ts';
import { Claim } from './claim.ts';
import { recordDeadLetter } from './dead-letters.ts';
import { publishEvent } from './events.ts';
import { type LeaseKeeper } from './lease.ts';
import { errorText } from './log.ts';
import { beginStrike, clearStrikes, maxStrikes, type Strike, strikeKey } from './strikes.ts';
import { pause, untilAnswered } from './waiting.ts';
import { type Job, type JobEnd, type Outcome, workDefaults, type WorkOptions } from './worker-options.ts';

export interface DeliveryContext<M> {
  options: WorkOptions<M>;
  leases: LeaseKeeper;
  draining: AbortSignal;
  /** aborted when the time to drain is over */
  abandoned: AbortSignal;
  onRunaway(subject: string): void;
}

const firstRetryDelayMs = 1_000;
const longestRetryDelayMs = 30_000;
const handBackDelayMs = 5_000;
const lastWordsMs = 1_000;
const aliveMs = 200;
const longestReason = 400;

/** Works on one delivery, from the lease to the last word about it (design: "A worker's loop"). Never throws. */
export async function runDelivery<M>(context: DeliveryContext<M>, delivery: JsMsg): Promise<Outcome> {
  const { options, leases, abandoned } = context;
  const claim = new Claim({
    subject: delivery.subject,
    lease: leases.hold(delivery.subject, replySubject(delivery)),
    ackWaitMs: options.ackWaitMs ?? workDefaults.ackWaitMs,
    log: options.log,
    onRunaway: () => context.onRunaway(delivery.subject),
  });
  const run = new DeliveryRun(context, delivery, claim);
  let giveUp: () => void = () => undefined;
  const timeIsUp = new Promise<'time-is-up'>((resolve) => (giveUp = () => resolve('time-is-up')));
  abandoned.addEventListener('abort', giveUp);
  if (abandoned.aborted) giveUp();
  try {
    const outcome = await Promise.race([run.work(), timeIsUp]);
    return outcome === 'time-is-up' ? await run.abandon() : outcome;
  } finally {
    abandoned.removeEventListener('abort', giveUp);
    claim.close();
  }
}

class DeliveryRun<M> {
  readonly #context: DeliveryContext<M>;
  readonly #delivery: JsMsg;
  readonly #claim: Claim;
  #resultKey: string | undefined;
  #strike: Strike = { kind: 'none' };
  /** of a job that counts them itself */
  #countStrikes: (() => Promise<number>) | undefined;

  constructor(context: DeliveryContext<M>, delivery: JsMsg, claim: Claim) {
    this.#context = context;
    this.#delivery = delivery;
    this.#claim = claim;
  }

  /** Tries, and judges what was thrown. */
  async work(): Promise<Outcome> {
    try {
      return await this.#attempt();
    } catch (error) {
      if (this.#claim.silence) return this.#claim.silence;
      try {
        return await this.#failed(error);
      } catch (second) {
        // Only silence interrupts the last words: storage and server are waited for.
        this.#log('error', { error: errorText(second) }, 'bus: nothing more could be said about the job');
        return this.#claim.silence ?? 'failed';
      }
    }
  }

  async #attempt(): Promise<Outcome> {
    const { options } = this.#context;
    const message = this.#parse();
    const resultKey = options.resultKey(message);
    this.#resultKey = resultKey;
    this.#strike = await this.#beginStrike(message, resultKey);
    if (this.#strike.kind === 'exhausted') return this.#bury(`crashed its worker ${maxStrikes} times`, undefined);
    const found = await this.#patiently(`head ${resultKey}`, () => options.store.head(resultKey));
    const end = await options.handle(this.#job(message, found !== undefined));
    if (!(await this.#claim.maySpeak())) return this.#claim.silence ?? 'abandoned';
    if (end.end === 'done') return this.#done(end);
    const delayMs = end.delayMs ?? (this.#context.draining.aborted ? 0 : handBackDelayMs);
    return this.#handBack(end.reason, delayMs, 'handed-back');
  }

  #parse(): M {
    const { subject } = this.#delivery;
    let json: unknown;
    try {
      json = this.#delivery.json();
    } catch (cause) {
      throw new FormatError(`${subject}: the message is not JSON`, { cause });
    }
    const parsed = this.#context.options.schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const { version } = (json ?? {}) as { version?: unknown };
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
    throw new FormatError(
      `${subject}: not a message this worker knows (version ${String(version)}): ${issues.join('; ')}`,
      {
        remedy: 'publisher and worker must be of the same version of Unlabel',
      },
    );
  }

  async #beginStrike(message: M, resultKey: string): Promise<Strike> {
    const { options } = this.#context;
    const count = options.countStrikes?.bind(options);
    if (!count)
      return this.#patiently(`mark a strike of ${resultKey}`, () =>
        beginStrike(options.store, resultKey, this.#delivery.info.deliveryCount),
      );
    this.#countStrikes = () => count(message);
    const strikes = await this.#patiently(`count the strikes of ${resultKey}`, this.#countStrikes);
    return strikes >= maxStrikes ? { kind: 'exhausted' } : { kind: 'none' };
  }

  #job(message: M, resultExists: boolean): Job<M> {
    const claim = this.#claim;
    return {
      subject: this.#delivery.subject,
      message,
      deliveryCount: this.#delivery.info.deliveryCount,
      resultExists,
      signal: claim.signal,
      draining: this.#context.draining,
      progress: () => claim.lease.progress(),
      ownedWhile: (stillOwner) => claim.ownedWhile(stillOwner),
    };
  }

  async #done(end: JobEnd & { end: 'done' }): Promise<Outcome> {
    const { bus } = this.#context.options;
    for (const { subject, message } of end.events ?? []) {
      this.#claim.lease.progress();
      await publishEvent(bus, subject, message);
    }
    await this.#removeStrikes('all');
    if (await this.#lastWord('+ACK')) return 'done';
    return this.#claim.silence ?? 'done';
  }

  async #failed(error: unknown): Promise<Outcome> {
    if (isBadInput(error))
      return this.#bury(errorText(error), error instanceof UnlabelError ? error.remedy : undefined);
    const stack = error instanceof Error ? error.stack : undefined;
    const fault = isFault(error);
    if (fault && this.#strike.kind === 'marked' && this.#strike.n >= maxStrikes)
      return this.#bury(`failed ${maxStrikes} times, at last with ${String(error)}`, undefined);
    if (this.#context.draining.aborted) return this.#handBack(errorText(error), 0, 'handed-back');
    this.#log('warn', { error: errorText(error), stack }, 'bus: the job failed and will be tried again');
    const tries = await this.#triesInVain();
    const delayMs = Math.min(firstRetryDelayMs * 2 ** Math.min(tries - 1, 10), longestRetryDelayMs);
    return this.#handBack(errorText(error), delayMs, 'failed', fault);
  }

  /** Deliveries, or what a job counts itself: one that advances each time is not kept waiting, however often it was interrupted. */
  async #triesInVain(): Promise<number> {
    const count = this.#countStrikes;
    if (!count) return this.#delivery.info.deliveryCount;
    return Math.max(1, await this.#patiently('count the strikes of a failed job', count));
  }

  async #handBack(reason: string, delayMs: number, outcome: Outcome, keepStrike = false): Promise<Outcome> {
    if (!keepStrike) await this.#removeStrikes('own');
    this.#log('info', { reason, delayMs }, 'bus: job handed back');
    // A late word would take the job from another worker; without one the job comes back when its lease ends.
    if (this.#claim.lease.isFresh() && !this.#claim.silence)
      await handBack(this.#context.options.bus, this.#delivery, delayMs);
    return outcome;
  }

  /** Gives the job up: dead letter, failed mark, and only then the end of the job. */
  async #bury(reason: string, remedy: string | undefined): Promise<Outcome> {
    const { bus, store, failedMark = keys.failedMark } = this.#context.options;
    const { subject } = this.#delivery;
    const resultKey = this.#resultKey ?? null;
    if (!(await this.#claim.maySpeak())) return this.#claim.silence ?? 'abandoned';
    const letter = {
      version: 1 as const,
      subject,
      payload: new TextDecoder().decode(this.#delivery.data),
      reason,
      remedy: remedy ?? null,
      deliveries: this.#delivery.info.deliveryCount,
      strikes: this.#strike.kind === 'exhausted' ? maxStrikes : this.#strike.kind === 'marked' ? this.#strike.n : 0,
      resultKey,
      failedMark: resultKey === null ? null : failedMark(resultKey),
      at: new Date().toISOString(),
    };
    this.#log('error', { reason }, 'bus: the job is given up and becomes a dead letter');
    await this.#patiently(`record the dead letter of ${subject}`, () =>
      recordDeadLetter(bus, store, letter, this.#claim.signal),
    );
    await this.#lastWord(`+TERM ${reason.replaceAll(/\s+/g, ' ').slice(0, longestReason)}`);
    return 'dead-letter';
  }

  /** The work may still run: its time is up, it will find nothing left to say. */
  async abandon(): Promise<Outcome> {
    const { options } = this.#context;
    const silencedBefore = this.#claim.silence;
    const isFresh = this.#claim.lease.isFresh();
    this.#claim.abandon();
    if (silencedBefore) return silencedBefore;
    this.#log('warn', {}, 'bus: the job did not end in time and is handed back');
    const strike = this.#strike;
    if (strike.kind === 'marked' && this.#resultKey !== undefined) {
      const removed = options.store.delete(strikeKey(this.#resultKey, strike.n)).catch(() => undefined);
      const stop = new AbortController();
      await Promise.race([removed, pause(lastWordsMs, stop.signal)]);
      stop.abort();
    }
    if (isFresh) await handBack(options.bus, this.#delivery, 0);
    return 'abandoned';
  }

  async #removeStrikes(which: 'own' | 'all'): Promise<void> {
    const { store } = this.#context.options;
    const strike = this.#strike;
    const resultKey = this.#resultKey;
    if (strike.kind !== 'marked' || resultKey === undefined) return;
    await this.#patiently(`remove the strikes of ${resultKey}`, () =>
      which === 'all' ? clearStrikes(store, resultKey) : store.delete(strikeKey(resultKey, strike.n)),
    );
  }

  /** Repeated until confirmed. */
  #lastWord(word: string): Promise<boolean> {
    return this.#keepAlive(() => confirm(this.#context.options.bus, this.#delivery, word, this.#claim.signal));
  }

  #patiently<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { log } = this.#context.options;
    return this.#keepAlive(() =>
      untilAnswered(attempt, { what, log, signal: this.#claim.signal, isFinal: isBadInput }),
    );
  }

  /** Waiting for a server is no stall: the lease is renewed meanwhile. */
  async #keepAlive<T>(waiting: () => Promise<T>): Promise<T> {
    const alive = setInterval(() => this.#claim.lease.progress(), aliveMs);
    try {
      return await waiting();
    } finally {
      clearInterval(alive);
    }
  }

  #log(level: 'info' | 'warn' | 'error', fields: object, text: string): void {
    const { subject, info } = this.#delivery;
    this.#context.options.log[level]({ subject, delivery: info.deliveryCount, ...fields }, text);
  }
}
