import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { presenceSubject, type Stage, type WorkerPresence } from '#lib/contracts';

export interface PresenceOptions {
  stage: Stage;
  concurrency: number;
  /** pretraining: the methods served */
  methods?: readonly string[] | undefined;
  /** pretraining: the memory of the device that it trains on */
  memory?: WorkerPresence['memory'] | undefined;
  /** jobs in work now */
  busy(): number;
  draining: AbortSignal;
  /** Sends one message, best effort; `publishEvent` of the bus. */
  publish(subject: string, message: WorkerPresence): Promise<unknown>;
  /** @default 5000 */
  everyMs?: number;
}

export interface Presence {
  /** What it is known as. */
  worker: string;
  /** Says that it is gone, and stops. */
  close(): Promise<void>;
}

const defaultEveryMs = 5_000;

/** Says every few seconds that this worker is here and what it does, so that control sees all workers wherever they run. */
export function announceWorker(options: PresenceOptions): Presence {
  const {
    stage,
    concurrency,
    methods = [],
    memory = null,
    busy,
    draining,
    publish,
    everyMs = defaultEveryMs,
  } = options;
  const worker = `${process.pid}-${randomUUID().slice(0, 8)}`;
  const startedAt = new Date().toISOString();
  const say = (state: WorkerPresence['state']) =>
    publish(presenceSubject(stage, worker), {
      version: 1,
      type: 'worker-presence',
      stage,
      worker,
      host: hostname(),
      pid: process.pid,
      state,
      jobs: busy(),
      concurrency,
      methods: [...methods],
      memory,
      startedAt,
      at: new Date().toISOString(),
    }).catch(() => undefined); // the next one may arrive
  const now = () => void say(draining.aborted ? 'draining' : busy() > 0 ? 'busy' : 'idle');
  now();
  const timer = setInterval(now, everyMs);
  draining.addEventListener('abort', now);
  return {
    worker,
    async close() {
      clearInterval(timer);
      draining.removeEventListener('abort', now);
      await say('stopped');
    },
  };
}
