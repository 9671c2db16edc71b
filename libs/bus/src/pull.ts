import { type Consumer, type JsMsg } from '@nats-io/jetstream';

import { type Bus } from './connect.ts';
import { type BusLog, errorText } from './log.ts';
import { ensureConsumer, type JobConsumer } from './streams.ts';
import { pause, untilAnswered } from './waiting.ts';

/** The shortest the client allows; an idle worker takes no longer to notice that it drains. */
const pullMs = 1_000;
const answerMs = 1_000;
const idleMs = 250;
const afterErrorMs = 500;

export interface PullOptions {
  bus: Bus;
  consumers: readonly JobConsumer[];
  ackWaitMs: number;
  log: BusLog;
  signal: AbortSignal;
}

/**
 * Takes one delivery at a time from several consumers in turn. Each call asks for one message, so nothing waits in this
 * process while its lease runs out.
 */
export class JobPuller {
  readonly #options: PullOptions;
  readonly #open = new Map<string, Consumer>();
  #turn = 0;

  constructor(options: PullOptions) {
    this.#options = options;
  }

  /** Creates the consumers that are missing. Waits for the server. */
  async prepare(): Promise<void> {
    for (const consumer of this.#options.consumers) await this.#consumer(consumer);
  }

  /** The next delivery, or undefined if there was none for a while. An error is logged and waited out. */
  async next(): Promise<JsMsg | undefined> {
    const { consumers, signal, log } = this.#options;
    for (let tried = 0; tried < consumers.length && !signal.aborted; tried++) {
      const from = consumers[this.#turn++ % consumers.length] as JobConsumer;
      try {
        const consumer = await this.#consumer(from);
        if (consumers.length > 1 && !(await hasWork(consumer))) continue;
        const delivery = await this.#pull(consumer);
        if (delivery) return delivery;
        if (consumers.length === 1) return undefined;
      } catch (error) {
        if (signal.aborted) return undefined;
        this.#open.delete(from.name);
        log.info({ consumer: from.name, error: errorText(error) }, 'bus: no answer to a pull, trying again');
        await pause(afterErrorMs, signal);
      }
    }
    if (consumers.length > 1) await pause(idleMs, signal);
    return undefined;
  }

  /**
   * One pull, ended here when it is over or the connection changes: the client's own watch over a pull does not survive two
   * outages in a row, and then waits for ever.
   */
  async #pull(consumer: Consumer): Promise<JsMsg | undefined> {
    const { bus } = this.#options;
    const messages = await consumer.fetch({ max_messages: 1, expires: pullMs });
    const stop = () => messages.stop();
    const unwatch = bus.onChange(stop);
    const timer = setTimeout(stop, pullMs + answerMs);
    try {
      for await (const delivery of messages) return delivery;
      return undefined;
    } finally {
      unwatch();
      clearTimeout(timer);
    }
  }

  async #consumer(settings: JobConsumer): Promise<Consumer> {
    const open = this.#open.get(settings.name);
    if (open) return open;
    const { bus, ackWaitMs, log, signal } = this.#options;
    const consumer = await untilAnswered(
      async () => {
        await ensureConsumer(bus, settings, ackWaitMs);
        return bus.jetstream.consumers.get(settings.stream, settings.name);
      },
      { what: `open consumer ${settings.name}`, log, signal },
    );
    this.#open.set(settings.name, consumer);
    return consumer;
  }
}

/** Whether a pull may give something: jobs that wait, or that others hold and may lose. Saves an empty pull's second. */
async function hasWork(consumer: Consumer): Promise<boolean> {
  const { num_pending, num_ack_pending } = await consumer.info();
  return num_pending + num_ack_pending > 0;
}
