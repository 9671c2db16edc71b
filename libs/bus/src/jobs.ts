import { randomUUID } from 'node:crypto';

import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';

import { kindOfSubject, UnlabelError } from '#lib/contracts';
import { faultPoint } from '#lib/faults';

import { type Bus } from './connect.ts';
import { errorText } from './log.ts';
import { pause } from './waiting.ts';

/** The server's code for every kind of full stream; only the text tells them apart (measured on nats-server 2.15). */
const storeFailedCode = 10077;
const publishTimeoutMs = 1_000;
const longestWaitMs = 2_000;
const noStreamGraceMs = 30_000;

export interface PublishOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Asks for a job. A fresh message id goes with each call, since the server drops an id seen within its window even after
 * that job was acked; retries of one call keep theirs. A full queue or an absent server is waited for.
 *
 * @returns `already-queued` when a job of this subject is waiting or being worked on
 * @throws UnlabelError when the signal is aborted first, or no stream takes the subject
 */
export async function publishJob(
  bus: Bus,
  subject: string,
  message: unknown,
  options: PublishOptions = {},
): Promise<'queued' | 'already-queued'> {
  return publishPayload(bus, subject, JSON.stringify(message), options);
}

/** {@link publishJob} for a message that is text already. */
export async function publishPayload(
  bus: Bus,
  subject: string,
  payload: string,
  { signal }: PublishOptions = {},
): Promise<'queued' | 'already-queued'> {
  const msgID = randomUUID();
  const startedAt = Date.now();
  const point = `publish ${kindOfSubject(subject)}`;
  faultPoint(`${point} before`);
  for (let tries = 1; ; tries++) {
    if (signal?.aborted) throw new UnlabelError(`publish ${subject}: given up, the service stops`);
    try {
      await bus.jetstream.publish(subject, payload, { msgID, timeout: publishTimeoutMs });
      faultPoint(`${point} after`);
      return 'queued';
    } catch (error) {
      if (isAskedAlready(error)) return 'already-queued';
      const waitedMs = Date.now() - startedAt;
      if (!mayPass(bus, error, waitedMs))
        throw new UnlabelError(`publish ${subject}: ${errorText(error)}`, {
          cause: error,
          remedy: 'run "unlabel doctor": it checks the streams and their settings',
        });
      if (tries % 10 === 1)
        bus.log.warn({ subject, waitedMs, error: errorText(error) }, 'bus: job not accepted yet, trying again');
      await pause(Math.min(50 * 2 ** Math.min(tries, 8), longestWaitMs), signal);
    }
  }
}

const isAskedAlready = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === storeFailedCode && /per subject/.test(error.message);

function mayPass(bus: Bus, error: unknown, waitedMs: number): boolean {
  if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError) return false;
  // 10077 is "full"; 5xx says that the server is not ready (no leader yet, out of space).
  if (error instanceof JetStreamApiError) return error.code === storeFailedCode || error.status >= 500;
  // The client reports a subject that no stream takes as "not enabled", and so does a server that is still starting.
  if (error instanceof Error && error.name === 'JetStreamNotEnabled')
    return waitedMs < noStreamGraceMs || !bus.isConnected();
  return !(error instanceof errors.PermissionViolationError) && !(error instanceof errors.InvalidArgumentError);
}
