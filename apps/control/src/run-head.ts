import { randomBytes } from 'node:crypto';

import { ConflictError, keys, newRunHead, type RunHead, runHeadSchema } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import { failedMark } from './failures.ts';
import type { KnownHeads } from './known-heads.ts';

/** States in which a worker owns the run or will. */
const open = new Set<RunHead['state']>(['queued', 'running']);

/**
 * The head as its owner left it; one whose job was given up meanwhile has failed, for the reason on its mark.
 * @param read gets it as it is stored
 */
export async function storedHead(
  store: ObjectStore,
  run: string,
  read: KnownHeads['read'] = (name) => getJson(store, keys.runHead(name), runHeadSchema),
): Promise<{ value: RunHead; version: string }> {
  const found = await read(run);
  if (!found) throw new ConflictError(`run ${run} has no head yet`, { remedy: 'wait a minute: it is being made' });
  if (!open.has(found.value.state)) return found;
  const mark = await failedMark(store, keys.failedMark(keys.runHead(run)));
  if (!mark) return found;
  const remedy = mark.remedy ?? `mend the cause, then ./unlabel resume ${run}`;
  return { ...found, value: { ...found.value, state: 'failed', reason: mark.reason, remedy } };
}

/** What a removed run leaves: another attempt, so that whoever owned it is fenced, that names nothing. */
export const tombstone = (head: RunHead): RunHead => ({
  ...newRunHead(head.run, head.createdAt),
  attempt: head.attempt + 1,
  nonce: randomBytes(16).toString('hex'),
  wanted: 'stop',
  state: 'removed',
  updatedAt: new Date().toISOString(),
});

/** An id that sorts by time and says what it is: recipe, day, time, and four digits against clashes. */
export function runId(recipe: string): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  return `${recipe}-${date.slice(5).replace('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}
