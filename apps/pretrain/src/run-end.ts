import { hostname } from 'node:os';

import { CrashError, type JobEnd, maxStrikes } from '#lib/bus';
import { type RunHead, subjects, type UnlabelEvent } from '#lib/contracts';

import type { OwnedHead } from './claim.ts';
import type { TrainerEnd } from './trainer-process.ts';

/**
 * Brings the head to what a training process's last word means, and says what becomes of the job.
 * @throws CrashError after what nobody foresaw, as long as another attempt is to be made
 */
export async function endRun(owned: OwnedHead, end: TrainerEnd): Promise<JobEnd> {
  const { run } = owned.head;
  if (end.type === 'declined') {
    await owned.commit((head) => ({
      state: 'queued',
      attemptsSinceAdvance: Math.max(head.attemptsSinceAdvance - 1, 0),
    }));
    return { end: 'hand-back', reason: end.reason };
  }
  if (end.type === 'crashed' && owned.head.attemptsSinceAdvance < maxStrikes)
    throw new CrashError(`the training process failed: ${end.message}`);
  if (end.type === 'ended' && end.how === 'stopped' && (await owned.refresh()).wanted === 'run') {
    await owned.commit(() => ({ state: 'queued', attemptsSinceAdvance: 0 }));
    return { end: 'hand-back', reason: 'this worker drains', delayMs: 0 };
  }
  await owned.commit(() => endState(run, end));
  return { end: 'done', events: [stateEvent(owned.head)] };
}

function endState(run: string, end: Exclude<TrainerEnd, { type: 'declined' }>): Partial<RunHead> {
  if (end.type === 'crashed')
    return {
      state: 'failed',
      reason: `${maxStrikes} attempts in a row failed, at last with: ${end.message}`,
      remedy: `the log of pretrain says where; ./unlabel resume ${run} tries again`,
    };
  if (end.type === 'failed') return { state: 'failed', reason: end.message, remedy: end.remedy };
  if (end.type === 'blocked')
    return {
      state: 'blocked',
      reason: end.reason,
      remedy: `mend the cause (./unlabel dead-letters shows it), then ./unlabel resume ${run}`,
      blockedBy: end.block,
    };
  return { state: end.how === 'stopped' ? 'stopped' : 'finished', reason: end.reason, remedy: null };
}

const worker = `${hostname()}, process ${process.pid}`;

/** Tells of a run's state. */
export function stateEvent(head: RunHead): { subject: string; message: UnlabelEvent } {
  const { run, state, reason, wanted, attempt } = head;
  const step = head.checkpoints.at(-1)?.step ?? 0;
  return {
    subject: subjects.eventsRunState(run),
    message: { version: 1, type: 'run-state', run, state, step, reason, wanted, attempt, worker },
  };
}
