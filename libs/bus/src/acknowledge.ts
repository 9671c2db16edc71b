import { type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

import { kindOfSubject, UnlabelError } from '#lib/contracts';
import { faultPoint } from '#lib/faults';

import { type Bus } from './connect.ts';
import { errorText } from './log.ts';
import { pause } from './waiting.ts';

/** The subject on which the server takes words about a delivery. The client keeps it out of its type, not of its object. */
export function replySubject(delivery: JsMsg): string {
  const { reply } = delivery as JsMsg & { reply?: string };
  if (!reply?.startsWith('$JS.ACK.')) throw new UnlabelError(`bus: ${delivery.subject} came without a reply subject`);
  return reply;
}

const answerTimeoutMs = 1_000;
const retryDelayMs = 200;
/** So many words in a row without an answer, from a server that answers otherwise. */
const forgottenAfter = 3;

/**
 * Says a final word about a delivery and waits for the server's confirmation, through outages. The client's own `ackAck`
 * works once a message, so a word that was lost with the connection could not be repeated.
 *
 * A server that was killed may have forgotten its latest deliveries, since it writes them some time after (measured). It then
 * answers no word about them and delivers the job again, so the word is given up: the next delivery finds the result.
 *
 * @param word `+ACK`, or `+TERM` with a reason
 * @returns false when the signal was aborted, the connection closed, or the delivery is forgotten
 */
export async function confirm(bus: Bus, delivery: JsMsg, word: string, signal?: AbortSignal): Promise<boolean> {
  let unanswered = 0;
  const point = `${word.startsWith('+TERM') ? 'terminate' : 'acknowledge'} ${kindOfSubject(delivery.subject)}`;
  faultPoint(`${point} before`);
  for (let tries = 1; ; tries++) {
    try {
      await bus.connection.request(replySubject(delivery), word, { timeout: answerTimeoutMs });
      faultPoint(`${point} after`);
      return true;
    } catch (error) {
      const stored = await isStored(bus, delivery);
      // A confirmation can be lost after the word took effect; a queue no longer holds a job that is done.
      if (stored === false) return true;
      unanswered = stored ? unanswered + 1 : 0;
      if (signal?.aborted || bus.connection.isClosed() || unanswered >= forgottenAfter) {
        bus.log.info({ subject: delivery.subject, unanswered }, 'bus: acknowledgement given up, the job comes again');
        return false;
      }
      if (tries % 10 === 1)
        bus.log.warn({ subject: delivery.subject, error: errorText(error) }, 'bus: acknowledgement not confirmed yet');
      await pause(retryDelayMs, signal);
    }
  }
}

/** Whether the queue still holds the job; undefined when the server does not say. */
async function isStored(bus: Bus, delivery: JsMsg): Promise<boolean | undefined> {
  try {
    return (await bus.manager.streams.getMessage(delivery.info.stream, { seq: delivery.seq })) !== null;
  } catch {
    return undefined;
  }
}

/** Hands a job back. Said once and never repeated: a late word would hand the job out while another worker holds it. */
export function handBack(bus: Bus, delivery: JsMsg, delayMs: number): Promise<void> {
  faultPoint(`hand-back ${kindOfSubject(delivery.subject)} before`);
  const word = delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}` : '-NAK';
  return bus.connection.request(replySubject(delivery), word, { timeout: answerTimeoutMs }).then(
    () => undefined,
    (error: unknown) =>
      bus.log.info(
        { subject: delivery.subject, error: errorText(error) },
        'bus: job not handed back, its lease will end',
      ),
  );
}
