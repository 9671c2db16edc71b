import { keys, overStates, type RunHead, type RunLogEntry, type RunSpec, type UnlabelEvent } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

import { pendingProbes } from './probes.ts';
import { entry, logOfObjects, sentence } from './run-log-objects.ts';
import { failedMark } from './failures.ts';

type StateEvent = Extract<UnlabelEvent, { type: 'run-state' }>;

/** What was announced of a run's state and is still held, oldest first. */
export interface HeldState {
  event: StateEvent;
  atMs: number;
}

/** Clocks of machines differ by less. */
const skewMs = 2_000;

/**
 * What happened to a run, oldest first: from its objects, which tell of all that counts, and from the states that were announced in the
 * last day, which tell who trained it and when it was stopped or asked to go on.
 */
export async function runLog(
  store: ObjectStore,
  { spec, head }: { spec: RunSpec; head: RunHead },
  held: readonly HeldState[],
): Promise<RunLogEntry[]> {
  const of = ofThisRun(head, held);
  const entries = [
    ...(await logOfObjects(store, spec, head)),
    ...announced(of),
    ...(await latest(store, head, of)),
    ...(await waiting(store, spec, head)),
  ];
  return entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)); // equal times keep their order
}

/** An id may have been another run's, which was removed. */
function ofThisRun({ createdAt }: RunHead, held: readonly HeldState[]): HeldState[] {
  const removed = held.findLastIndex(({ event }) => event.state === 'removed');
  return held.slice(removed + 1).filter(({ atMs }) => atMs >= Date.parse(createdAt) - skewMs);
}

/** A state is announced more than once; what is told is where it changed. */
function announced(held: readonly HeldState[]): RunLogEntry[] {
  let last = '';
  return held.flatMap(({ event, atMs }) => {
    const { state, attempt = null, wanted = null } = event;
    const now = JSON.stringify([state, attempt, wanted]);
    if (now === last) return [];
    last = now;
    const text = stateText(event);
    return text === undefined ? [] : [entry(atMs, text, levels[state])];
  });
}

const levels: Partial<Record<StateEvent['state'], RunLogEntry['level']>> = { blocked: 'warn', failed: 'error' };

/** What a state means; nothing for what other entries say. */
function stateText({ state, step, reason, wanted, attempt, worker }: StateEvent): string | undefined {
  const why = reason === null ? '' : `: ${reason}`;
  if (worker === undefined) {
    if (wanted === 'stop') return state === 'running' ? 'a stop was asked for' : `${state}: no worker had it`;
    return state === 'queued' ? 'waits for a worker' : undefined;
  }
  if (state === 'running')
    return wanted === 'stop'
      ? undefined
      : `attempt ${attempt} has it from step ${step} on, on ${worker}: training begins when its first views are there`;
  return `${state} at step ${step}${why}`;
}

/** Where a run stands whose last state was announced too long ago, and what to do where it can't go on by itself. */
async function latest(store: ObjectStore, head: RunHead, held: readonly HeldState[]): Promise<RunLogEntry[]> {
  const { run, state, reason, remedy, updatedAt, checkpoints } = head;
  const mark = state === 'failed' ? await failedMark(store, keys.failedMark(keys.runHead(run))) : undefined;
  const isTold = held.at(-1)?.event.state === state;
  const atMs = Math.max(Date.parse(updatedAt), ...held.map((each) => each.atMs));
  const level = levels[state] ?? 'info';
  if (mark) return [entry(atMs, `given up: ${sentence({ reason: mark.reason, remedy })}`, 'error')];
  if (isTold) return remedy === null ? [] : [entry(atMs, `what to do: ${remedy}`, level)];
  if (!overStates.has(state) && state !== 'stopped' && state !== 'blocked') return [];
  const step = checkpoints.at(-1)?.step ?? 0;
  const why = reason === null ? '' : `: ${sentence({ reason, remedy })}`;
  return [entry(atMs, `${state} at step ${step}${why}`, level)];
}

/** Measurements that were asked for when their checkpoint appeared, and are not there yet. */
async function waiting(store: ObjectStore, spec: RunSpec, head: RunHead): Promise<RunLogEntry[]> {
  const pending = await pendingProbes(store, head.run, spec, head);
  const atMs = Date.parse(head.updatedAt);
  return pending.map(({ kind, target, step, split }) => {
    const of = target === 'pixels' ? 'of raw pixels' : `at step ${step}${split === 'tune' ? ' on tune' : ''}`;
    return entry(atMs, `${kind} ${of} was asked for and is not there yet`);
  });
}
