import { type JsMsg } from '@nats-io/jetstream';

import { handBack } from './acknowledge.ts';
import { type DeliveryContext, runDelivery } from './delivery.ts';
import { openLeaseKeeper } from './lease.ts';
import { JobPuller } from './pull.ts';
import { type Outcome, workDefaults, type WorkOptions } from './worker-options.ts';

/** A worker at work. */
export interface Work {
  /** Resolves when the worker has drained; rejects when it can't work at all (a wrong consumer, a dead lease thread). */
  readonly finished: Promise<void>;
  /** Jobs in work now. */
  busy(): number;
}

/**
 * Works on jobs until the signal: each slot takes one, does it, says what became of it, and takes the next.
 *
 * At the signal it stops pulling; jobs in work have `drainMs` to end, and then are handed back while their code may still
 * run, so the process should exit when `finished` resolves.
 */
export function work<M>(options: WorkOptions<M>): Work {
  let busy = 0;
  const counted: WorkOptions<M> = {
    ...options,
    onStart(subject) {
      busy++;
      options.onStart?.(subject);
    },
    onEnd(subject, outcome, ms) {
      busy--;
      options.onEnd?.(subject, outcome, ms);
    },
  };
  return { finished: runSlots(counted), busy: () => busy };
}

async function runSlots<M>(options: WorkOptions<M>): Promise<void> {
  const { bus, log, signal: draining, consumers } = options;
  const { concurrency, ackWaitMs, stallMs, drainMs } = { ...workDefaults, ...defined(options) };
  const failure = new AbortController();
  const abandon = new AbortController();
  const puller = new JobPuller({ bus, consumers, ackWaitMs, log, signal: draining });
  await puller.prepare();
  const leases = await openLeaseKeeper(bus, {
    ackWaitMs,
    stallMs,
    onStall: options.onStall?.bind(options),
    onFailure: (error) => failure.abort(error),
  });
  const kill = (subject: string) => {
    log.error({ subject }, 'bus: the job went on although it has another owner; the worker ends');
    process.kill(process.pid, 'SIGKILL');
  };
  const onRunaway = options.onStall?.bind(options) ?? kill;
  const context: DeliveryContext<M> = { options, leases, draining, abandoned: abandon.signal, onRunaway };
  let deadline: NodeJS.Timeout | undefined;
  const beginDrain = () => (deadline = setTimeout(() => abandon.abort(), drainMs));
  if (draining.aborted) beginDrain();
  else draining.addEventListener('abort', beginDrain);
  const failed = new Promise<never>((_resolve, reject) =>
    failure.signal.addEventListener('abort', () => reject(failure.signal.reason as Error)),
  );
  try {
    await Promise.race([Promise.all(Array.from({ length: concurrency }, () => runSlot(context, puller))), failed]);
  } finally {
    clearTimeout(deadline);
    draining.removeEventListener('abort', beginDrain);
    await leases.close();
  }
}

async function runSlot<M>(context: DeliveryContext<M>, puller: JobPuller): Promise<void> {
  const { options, draining } = context;
  while (!draining.aborted) {
    const delivery = await puller.next();
    if (!delivery) continue;
    if (draining.aborted) return handBack(options.bus, delivery, 0);
    await workOn(context, delivery);
  }
}

async function workOn<M>(context: DeliveryContext<M>, delivery: JsMsg): Promise<void> {
  const { options } = context;
  const startedAt = performance.now();
  options.onStart?.(delivery.subject);
  let outcome: Outcome = 'failed';
  try {
    outcome = await runDelivery(context, delivery);
  } finally {
    const ms = Math.round(performance.now() - startedAt);
    options.log.debug({ subject: delivery.subject, outcome, ms }, 'bus: job ended');
    options.onEnd?.(delivery.subject, outcome, ms);
  }
}

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
