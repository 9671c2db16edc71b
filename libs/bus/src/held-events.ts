import { DeliverPolicy } from '@nats-io/jetstream';

import { streamNames } from '#lib/contracts';

import { type Bus } from './connect.ts';
import type { ReceivedEvent } from './events.ts';

const answerMs = 1_000;

/** The events of a subject that the stream still holds, oldest first; those of about a day. @param most the newest so many */
export async function heldEvents(bus: Bus, subject: string, most: number): Promise<ReceivedEvent[]> {
  const consumer = await bus.jetstream.consumers.get(streamNames.events, {
    deliver_policy: DeliverPolicy.All,
    filter_subjects: subject,
  });
  try {
    const found: ReceivedEvent[] = [];
    const { num_pending } = await consumer.info();
    if (num_pending === 0) return found;
    const messages = await consumer.fetch({ max_messages: num_pending, expires: answerMs });
    for await (const message of messages) {
      found.push({ subject: message.subject, message: message.json(), seq: message.seq, at: message.time });
      if (found.length > most) found.shift();
    }
    return found;
  } finally {
    await consumer.delete().catch(() => undefined); // the server forgets it by itself, too
  }
}
