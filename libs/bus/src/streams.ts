import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

import { type Stage, stages, streamNames, subjects, UnlabelError } from '#lib/contracts';

import { type Bus, shownUrl } from './connect.ts';
import { untilAnswered } from './waiting.ts';

const hourMs = 3_600_000;
const mebibyte = 1024 * 1024;

/** How long a message id is remembered: longer than any retry of one publish. */
const dedupeWindowMs = 120_000;

/** Jobs a queue holds before publishers wait. Trainers ask only for their window, so a full queue is a safety net. */
const queueLimits: Record<Stage, number> = { ingest: 200_000, augment: 200_000, pretrain: 10_000, probe: 50_000 };

type StreamSettings = Partial<StreamConfig> & { name: string; subjects: string[] };

/** A job's queue: one message a subject, refusing more, so that asking twice for the same thing is seen as such. */
const queue = (stage: Stage, maxJobs: number): StreamSettings => ({
  name: streamNames[stage],
  subjects: [subjects.all(stage)],
  storage: StorageType.File,
  retention: RetentionPolicy.Workqueue,
  discard: DiscardPolicy.New,
  discard_new_per_subject: true,
  max_msgs_per_subject: 1,
  max_msgs: maxJobs,
  duplicate_window: nanos(dedupeWindowMs),
});

/** Events are a day's memory: the oldest go first. */
const events: StreamSettings = {
  name: streamNames.events,
  subjects: [subjects.eventsAll()],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(24 * hourMs),
  max_bytes: 256 * mebibyte,
  max_msgs_per_subject: 50_000,
};

/** Dead letters stay until they are retried or dropped; a job that dies again replaces its own. */
const deadLetters: StreamSettings = {
  name: streamNames.dead,
  subjects: ['unlabel.dead.>'],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_msgs_per_subject: 1,
  max_msgs: 100_000,
};

export interface StreamOptions {
  /** Copies of each stream in a cluster, used when a stream is created. @default 1 */
  replicas?: number | undefined;
  /** Jobs a queue holds before publishers wait, by stage. */
  maxJobs?: Partial<Record<Stage, number>> | undefined;
}

/** Every stream and its settings. */
export function streamTable(options: StreamOptions = {}): StreamSettings[] {
  const queues = stages.map((stage) => queue(stage, options.maxJobs?.[stage] ?? queueLimits[stage]));
  return [...queues, events, deadLetters];
}

/**
 * Creates the streams that are missing and verifies those that exist. Waits for the server.
 *
 * @throws UnlabelError that names the stream, the field, what was found and what is expected
 */
export async function ensureStreams(bus: Bus, options: StreamOptions & { signal?: AbortSignal } = {}): Promise<void> {
  if (bus.connection.info?.jetstream !== true)
    throw new UnlabelError(`bus: the server at ${shownUrl(bus.address.url)} runs without JetStream`, {
      remedy: 'start nats-server with -js, or with a jetstream block in its configuration',
    });
  for (const settings of streamTable(options)) {
    await untilAnswered(() => ensureStream(bus, settings, options.replicas ?? 1), {
      what: `ensure stream ${settings.name}`,
      log: bus.log,
      signal: options.signal,
      isFinal: (error) => error instanceof UnlabelError || (error instanceof JetStreamApiError && error.status < 500),
    });
  }
}

async function ensureStream(bus: Bus, settings: StreamSettings, replicas: number): Promise<void> {
  const found = await bus.manager.streams.info(settings.name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  });
  if (found) return verify(`stream ${settings.name}`, settings, found.config);
  try {
    await bus.manager.streams.add({ ...settings, num_replicas: replicas });
    bus.log.info({ stream: settings.name }, 'bus: stream created');
  } catch (error) {
    // Another service of the same stack may have created it since.
    const now = await bus.manager.streams.info(settings.name).catch(() => undefined);
    if (!now) throw error;
    verify(`stream ${settings.name}`, settings, now.config);
  }
}

function verify(what: string, expected: object, found: object): void {
  const wrong = Object.entries(expected)
    .map(([field, value]: [string, unknown]) => ({ field, value, got: (found as Record<string, unknown>)[field] }))
    .filter(({ value, got }) => JSON.stringify(value) !== JSON.stringify(got))
    .map(({ field, value, got }) => `${field} is ${JSON.stringify(got)}, expected ${JSON.stringify(value)}`);
  if (wrong.length > 0)
    throw new UnlabelError(`${what}: ${wrong.join('; ')}`, {
      remedy: `stop the services and delete the ${what}; it is created anew and filled again from the objects`,
    });
}

/** A durable consumer of a queue: what one pool of workers pulls from. */
export interface JobConsumer {
  stream: string;
  name: string;
  /** subjects that it takes */
  filters: string[];
}

/** The consumers of a stage: one, but for pretraining one a method. A queue takes one consumer a subject. */
export function jobConsumers(stage: Exclude<Stage, 'pretrain'>): JobConsumer[];
export function jobConsumers(stage: 'pretrain', methods: readonly string[]): JobConsumer[];
export function jobConsumers(stage: Stage, methods: readonly string[] = []): JobConsumer[] {
  const stream = streamNames[stage];
  if (stage === 'probe') return [{ stream, name: stage, filters: subjects.probeFilters() }];
  if (stage !== 'pretrain') return [{ stream, name: stage, filters: [subjects.all(stage)] }];
  return methods.map((method) => ({ stream, name: `pretrain-${method}`, filters: [subjects.pretrainMethod(method)] }));
}

/** What pictures are pulled by: apart from measurements, which so never wait for them. */
export const picturesConsumer = (): JobConsumer => ({
  stream: streamNames.probe,
  name: 'probe-pictures',
  filters: [subjects.probePicturesFilter()],
});

const maxAckPending = 10_000;

function filterSettings({ filters }: JobConsumer): Pick<ConsumerConfig, 'filter_subject' | 'filter_subjects'> {
  const [only] = filters;
  return filters.length === 1 && only !== undefined ? { filter_subject: only } : { filter_subjects: filters };
}

function consumerSettings(consumer: JobConsumer, ackWaitMs: number): Partial<ConsumerConfig> {
  return {
    durable_name: consumer.name,
    ...filterSettings(consumer),
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: maxAckPending,
  };
}

/** Creates the consumer, or brings an existing one to these settings where the server allows it. */
export async function ensureConsumer(bus: Bus, consumer: JobConsumer, ackWaitMs: number): Promise<void> {
  const settings = consumerSettings(consumer, ackWaitMs);
  const found = await bus.manager.consumers.info(consumer.stream, consumer.name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return undefined;
    throw error;
  });
  if (!found) {
    await bus.manager.consumers.add(consumer.stream, settings);
    return;
  }
  const { ack_wait, max_deliver, max_ack_pending, filter_subject, filter_subjects, ...fixed } = settings;
  verify(`consumer ${consumer.name} of stream ${consumer.stream}`, fixed, found.config);
  const wanted = { ack_wait, max_deliver, max_ack_pending, filter_subject, filter_subjects };
  const changed = ([key, value]: [string, unknown]) =>
    JSON.stringify(found.config[key as keyof ConsumerConfig]) !== JSON.stringify(value);
  const update = Object.fromEntries(Object.entries(wanted).filter(changed));
  if (Object.keys(update).length === 0) return;
  bus.log.info({ consumer: consumer.name, ...update }, 'bus: consumer settings updated');
  await bus.manager.consumers.update(consumer.stream, consumer.name, update);
}
