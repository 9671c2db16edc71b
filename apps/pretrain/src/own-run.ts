import type { Bus, Job, JobEnd } from '#lib/bus';
import { type ComputationWay, keys, overStates, type PretrainJob, runSpecSchema } from '#lib/contracts';
import { type ObjectStore, requireJson } from '#lib/storage';

import { FencedError, OwnedHead, readHead } from './claim.ts';
import { Ownership } from './ownership.ts';
import { type Machine, resolveRun } from './resolve.ts';
import { stateEvent } from './run-end.ts';
import type { RunFigures } from './run-figures.ts';
import { measureTrial } from './trial-process.ts';

export interface OwnRunOptions {
  bus: Bus;
  store: ObjectStore;
  /** address of the store, for the training process */
  storage: string;
  machine: Machine;
  /** what it does, for Prometheus */
  figures: Pick<RunFigures, 'step' | 'end'>;
  log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** Owns one run from its claim to its end: keeps the head, asks for blocks, and lets a child process train. */
export async function ownRun(options: OwnRunOptions, job: Job<PretrainJob>): Promise<JobEnd> {
  const { store } = options;
  const { run } = job.message;
  const { head } = await readHead(store, run);
  if (overStates.has(head.state)) return { end: 'done' };
  if (head.wanted === 'stop') {
    const owned = await OwnedHead.claim(store, run);
    await owned.commit(() => ({ state: 'stopped', attemptsSinceAdvance: 0 }));
    return { end: 'done', events: [stateEvent(owned.head)] };
  }
  const spec = await requireJson(store, keys.runSpec(run), runSpecSchema);
  const timeSteps = (way: ComputationWay) => measureTrial(spec, way, options.machine, job);
  const resolved = await resolveRun(store, run, spec, options.machine, timeSteps);
  const owned = await OwnedHead.claim(store, run);
  job.ownedWhile(() => isOwner(owned));
  return new Ownership(options, job, owned, spec, resolved).train();
}

async function isOwner(owned: OwnedHead): Promise<boolean> {
  try {
    await owned.refresh();
    return true;
  } catch (error) {
    if (error instanceof FencedError) return false;
    throw error; // a store that is away says nothing about who owns the run
  }
}
