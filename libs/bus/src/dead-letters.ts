import { JetStreamApiError, type StoredMsg } from '@nats-io/jetstream';

import { type DeadLetter, deadLetterSchema, FormatError, NotFoundError, streamNames, subjects } from '#lib/contracts';

import { type Bus } from './connect.ts';
import { publishPayload } from './jobs.ts';
import { clearStrikes, type MarkStore, markBytes } from './strikes.ts';

/**
 * Records that a job is given up: the dead letter first, then the mark beside its result, so that whoever waits for the
 * object learns of it. Doing it twice changes nothing, since a subject holds one dead letter and a mark is written once.
 */
export async function recordDeadLetter(
  bus: Bus,
  store: MarkStore,
  letter: DeadLetter,
  signal?: AbortSignal,
): Promise<void> {
  await publishPayload(bus, subjects.deadLetter(letter.subject), JSON.stringify(letter), { signal });
  if (letter.failedMark === null) return;
  const { payload: _payload, ...mark } = letter;
  await store.create(letter.failedMark, markBytes(mark));
}

/** Every dead letter, oldest first. */
export async function listDeadLetters(bus: Bus): Promise<DeadLetter[]> {
  const { state } = await bus.manager.streams.info(streamNames.dead, { subjects_filter: '>' });
  const stored: StoredMsg[] = [];
  for (const subject of Object.keys(state.subjects ?? {})) {
    const last = await bus.manager.streams.getMessage(streamNames.dead, { last_by_subj: subject });
    if (last) stored.push(last);
  }
  return stored.toSorted((a, b) => a.seq - b.seq).map(parseLetter);
}

/**
 * Gives a job another chance: removes its failed mark and its strikes, publishes it again, and drops the dead letter.
 *
 * @param subject the job's own subject, as the dead letter shows it
 * @throws NotFoundError if there is no dead letter of that subject
 */
export async function retryDeadLetter(
  bus: Bus,
  store: MarkStore,
  subject: string,
  signal?: AbortSignal,
): Promise<DeadLetter> {
  const { letter, seq } = await findLetter(bus, subject);
  if (letter.failedMark !== null) await store.delete(letter.failedMark);
  if (letter.resultKey !== null) await clearStrikes(store, letter.resultKey);
  await publishPayload(bus, letter.subject, letter.payload, { signal });
  await forget(bus, seq);
  return letter;
}

/** Forgets a dead letter. The failed mark stays: the object was not made. @throws NotFoundError if there is none of that subject */
export async function dropDeadLetter(bus: Bus, subject: string): Promise<DeadLetter> {
  const { letter, seq } = await findLetter(bus, subject);
  await forget(bus, seq);
  return letter;
}

/** Removes a dead letter. One that is gone was replaced: its job was given a chance and died again meanwhile. */
async function forget(bus: Bus, seq: number): Promise<void> {
  await bus.manager.streams.deleteMessage(streamNames.dead, seq, false).catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError && /no message found|sequence \d+ not found/.test(error.message)))
      throw error;
  });
}

async function findLetter(bus: Bus, subject: string): Promise<{ letter: DeadLetter; seq: number }> {
  const stored = await bus.manager.streams.getMessage(streamNames.dead, { last_by_subj: subjects.deadLetter(subject) });
  if (stored === null)
    throw new NotFoundError(`dead letters: there is none of ${subject}`, { remedy: 'list them: unlabel dead-letters' });
  return { letter: parseLetter(stored), seq: stored.seq };
}

function parseLetter(stored: StoredMsg): DeadLetter {
  try {
    return deadLetterSchema.parse(stored.json());
  } catch (cause) {
    throw new FormatError(
      `dead letters: message ${stored.seq} (${stored.subject}) is not a dead letter of this version`,
      {
        cause,
        remedy: 'it was written by another version of Unlabel: use that version, or delete the stream UNLABEL_DEAD',
      },
    );
  }
}
