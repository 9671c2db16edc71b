import { type ConsumerMessages, DeliverPolicy, type JsMsg, type OrderedConsumerOptions } from '@nats-io/jetstream';

import { kindOfSubject, streamNames } from '#lib/contracts';
import { faultPoint } from '#lib/faults';

import { type Bus } from './connect.ts';
import { errorText } from './log.ts';
import { pause, untilAnswered } from './waiting.ts';

const publishTimeoutMs = 1_000;
const publishTries = 3;
const retryDelayMs = 200;

/**
 * Publishes an event: best effort, since events only shorten waits.
 * @returns false when it was not stored after some tries; the log says why
 */
export async function publishEvent(bus: Bus, subject: string, message: unknown): Promise<boolean> {
  const msgID = crypto.randomUUID();
  const point = `publish ${kindOfSubject(subject)}`;
  faultPoint(`${point} before`);
  for (let tries = 1; ; tries++) {
    try {
      await bus.jetstream.publish(subject, JSON.stringify(message), { msgID, timeout: publishTimeoutMs });
      faultPoint(`${point} after`);
      return true;
    } catch (error) {
      if (tries >= publishTries || bus.connection.isClosed()) {
        bus.log.info({ subject, error: errorText(error) }, 'bus: event not sent');
        return false;
      }
      await pause(retryDelayMs);
    }
  }
}

export interface ReceivedEvent {
  subject: string;
  /** parsed JSON; check it with its schema */
  message: unknown;
  /** its number in the stream of all events; a later subscription can go on after it */
  seq: number;
  at: Date;
}

export interface SubscribeOptions {
  /** `new`: from now on; `last-per-subject`: each subject's latest first; a date or a number: from that time or event on. @default 'new' */
  from?: 'new' | 'last-per-subject' | Date | number;
}

export interface EventSubscription {
  /** Ends it; resolves when the handler is not running any more. */
  close(): Promise<void>;
}

/**
 * Calls the handler with each event, in order and one at a time, and goes on after an outage where it left off. Resolves
 * once subscribed. A handler that throws is logged, and the next event follows.
 */
export async function subscribeEvents(
  bus: Bus,
  filter: string | string[],
  handler: (event: ReceivedEvent) => void | Promise<void>,
  options: SubscribeOptions = {},
): Promise<EventSubscription> {
  const stop = new AbortController();
  let start = await firstStart(bus, options.from ?? 'new');
  let messages: ConsumerMessages | undefined;
  let outages = 0;
  const unwatch = bus.onChange((change) => {
    // The server forgets an ordered consumer when it restarts: make a new one that goes on after the last event.
    if (change !== 'reconnected') return;
    outages++;
    messages?.stop();
  });
  const open = async (): Promise<ConsumerMessages> => {
    for (;;) {
      const before = outages;
      const consumer = await bus.jetstream.consumers.get(streamNames.events, { ...start, filter_subjects: filter });
      const opened = await consumer.consume({ max_messages: 200, expires: 5_000 });
      if (before === outages) return opened;
      opened.stop();
    }
  };
  const openPatiently = () => untilAnswered(open, { what: 'subscribe to events', log: bus.log, signal: stop.signal });
  messages = await openPatiently();
  const deliver = async () => {
    while (!stop.signal.aborted && messages) {
      for await (const message of messages) {
        start = after(message.seq);
        await handle(bus, message, handler);
        if (stop.signal.aborted) break;
      }
      if (stop.signal.aborted || bus.connection.isClosed()) return;
      start = await validStart(bus, start);
      messages = await openPatiently().catch(() => undefined);
    }
  };
  const ended = deliver().catch((error: unknown) =>
    bus.log.error({ filter, error: errorText(error) }, 'bus: event subscription ended'),
  );
  return {
    async close() {
      stop.abort();
      unwatch();
      messages?.stop();
      await ended;
    },
  };
}

type Start = Partial<OrderedConsumerOptions>;
const after = (seq: number): Start => ({ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: seq + 1 });

/** `new` is made a number at once, so that a consumer made again after an outage misses nothing. */
async function firstStart(bus: Bus, from: NonNullable<SubscribeOptions['from']>): Promise<Start> {
  if (from === 'last-per-subject') return { deliver_policy: DeliverPolicy.LastPerSubject };
  if (from instanceof Date) return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() };
  return after(typeof from === 'number' ? from - 1 : await lastSeq(bus));
}

const lastSeq = async (bus: Bus): Promise<number> =>
  (
    await untilAnswered(() => bus.manager.streams.info(streamNames.events), {
      what: 'look at the stream of events',
      log: bus.log,
      isFinal: () => bus.connection.isClosed(),
    })
  ).state.last_seq;

/** A stream that was made anew counts from 1 again: everything in it is new. */
async function validStart(bus: Bus, start: Start): Promise<Start> {
  return (start.opt_start_seq ?? 0) > (await lastSeq(bus)) + 1 ? after(0) : start;
}

async function handle(
  bus: Bus,
  message: JsMsg,
  handler: (event: ReceivedEvent) => void | Promise<void>,
): Promise<void> {
  try {
    await handler({ subject: message.subject, message: message.json(), seq: message.seq, at: message.time });
  } catch (error) {
    bus.log.warn({ subject: message.subject, error: errorText(error) }, 'bus: an event was not handled');
  }
}
