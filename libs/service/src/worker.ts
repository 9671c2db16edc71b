import {
  type Bus,
  connectBus,
  ensureStreams,
  type Job,
  type JobConsumer,
  type JobEnd,
  type Outcome,
  publishEvent,
  work,
  type WorkOptions,
} from '#lib/bus';
import type { Stage, WorkerPresence } from '#lib/contracts';
import { type ObjectStore, openStore, probeStore, waitingStore } from '#lib/storage';

import { serveHealth } from './health.ts';
import { runService, type ServiceContext } from './lifecycle.ts';
import { measuredStore } from './measured-store.ts';
import { serviceMetrics, type ServiceMetrics } from './service-metrics.ts';
import { announceWorker } from './worker-presence.ts';

/** What a stage's jobs are done with. */
export interface WorkerContext extends ServiceContext {
  bus: Bus;
  /** waits for a store that is away */
  store: ObjectStore;
  /** its address, for a process or thread that opens it again */
  storage: string;
  /** its figures for Prometheus, to which a stage may add */
  metrics: ServiceMetrics;
}

/** A stage as a worker: which jobs it takes and how it does one. */
export interface WorkerStage<M> extends Pick<WorkOptions<M>, 'schema' | 'resultKey'> {
  name: string;
  consumers: JobConsumer[];
  /** jobs at once */
  concurrency: number;
  /** Consumers whose jobs are done beside the others, one at a time: neither waits for the other. */
  aside?: JobConsumer[];
  /** how long a job may go without progress, unless UNLABEL_STALL_MS says it */
  stallMs?: number;
  drainMs?: number;
  countStrikes?(message: M): Promise<number>;
  handle(job: Job<M>): Promise<JobEnd>;
  /** of the device that it trains on, for its presence */
  memory?: WorkerPresence['memory'];
  /** Ends what the stage holds (threads, processes) after the last job. */
  close?(): Promise<void>;
}

/**
 * Opens what every service needs: the bus, its streams, and a store that was seen to let exactly one of several
 * creators win. A server that is away is waited for, by the store until the deadline: a draining service still writes.
 */
export async function openSurroundings(
  name: string,
  { config, log, signal, deadline }: ServiceContext,
  metrics: ServiceMetrics,
): Promise<{ bus: Bus; store: ObjectStore }> {
  const bus = await connectBus({
    url: config.natsUrl,
    name,
    log,
    signal,
    onChange: metrics.busChanged,
    ...(config.natsToken !== undefined && { token: config.natsToken }),
    ...(config.natsCredentials !== undefined && { credentials: config.natsCredentials }),
  });
  await ensureStreams(bus);
  const store = waitingStore(measuredStore(openStore(config.storage), metrics.registry), {
    signal: deadline,
    onWait: ({ operation, key, error, waitedMs }) =>
      log.warn({ operation, key, error: error.message, waitedMs }, 'waiting for the storage'),
  });
  await probeStore(store);
  return { bus, store };
}

const definedStall = (stallMs: number | undefined) => (stallMs === undefined ? {} : { stallMs });

/** Runs a stage's worker as this process's service. */
export function runWorker<M>(name: Stage, makeStage: (context: WorkerContext) => Promise<WorkerStage<M>>): void {
  runService(name, async (service) => {
    const { config, log, signal } = service;
    const metrics = serviceMetrics(name);
    const health = await serveHealth({ port: config.port, host: config.host, registry: metrics.registry });
    const { bus, store } = await openSurroundings(name, service, metrics);
    const stage = await makeStage({ ...service, bus, store, storage: config.storage, metrics });
    const concurrency = config.concurrency ?? stage.concurrency;
    const options = {
      bus,
      schema: stage.schema,
      ackWaitMs: config.ackWaitMs,
      store,
      resultKey: (message: M) => stage.resultKey(message),
      handle: (job: Job<M>) => stage.handle(job),
      log,
      signal,
      onStart: () => metrics.jobStarted(),
      onEnd: (_subject: string, outcome: Outcome, ms: number) => metrics.jobEnded(outcome, ms),
      ...definedStall(config.stallMs ?? stage.stallMs),
      ...(stage.drainMs !== undefined && { drainMs: stage.drainMs }),
      ...(stage.countStrikes && { countStrikes: (message: M) => stage.countStrikes?.(message) ?? Promise.resolve(0) }),
    };
    const worker = work<M>({ ...options, consumers: stage.consumers, concurrency });
    const aside = stage.aside && work<M>({ ...options, consumers: stage.aside, concurrency: 1 });
    const finished = Promise.all([worker.finished, aside?.finished]);
    health.readyWhile(() => bus.isConnected() && !signal.aborted);
    const presence = announceWorker({
      stage: name,
      concurrency: concurrency + (aside ? 1 : 0),
      methods: name === 'pretrain' ? stage.consumers.map((consumer) => consumer.name.replace('pretrain-', '')) : [],
      memory: stage.memory,
      busy: () => worker.busy() + (aside?.busy() ?? 0),
      draining: signal,
      publish: (subject, message) => publishEvent(bus, subject, message),
    });
    log.info(
      { health: `http://${config.host}:${health.port}`, consumers: stage.consumers.map((consumer) => consumer.name) },
      'taking work',
    );
    finished.catch((error: unknown) => {
      log.error({ error: String(error) }, 'the worker can not work');
      process.exit(1);
    });
    return {
      async stop() {
        await finished;
        await presence.close();
        await stage.close?.();
        await bus.close();
        await health.close();
      },
    };
  });
}
