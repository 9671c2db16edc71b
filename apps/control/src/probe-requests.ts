import {
  type AskedProbe,
  ConflictError,
  keys,
  type ProbeCall,
  probeResultSchema,
  type ProbeStatus,
  type RunHead,
  type UnlabelEvent,
  UsageError,
} from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import { failedMark } from './failures.ts';
import { askForProbe, stepProbe } from './probes.ts';
import type { Publish } from './publish.ts';
import { removedDataset, type Runs } from './runs.ts';

type Progress = NonNullable<ProbeStatus['progress']>;

const progressKept = 200;

/** Measurements that a user asks for, at any time and of any checkpoint, and how they go. */
export class Probes {
  readonly #store: ObjectStore;
  readonly #publish: Publish;
  readonly #runs: Runs;
  /** What workers said last, by the key of the result. It only shows that something moves; nothing rests on it. */
  readonly #progress = new Map<string, Progress>();

  constructor(store: ObjectStore, publish: Publish, runs: Runs) {
    this.#store = store;
    this.#publish = publish;
    this.#runs = runs;
  }

  /**
   * Asks for measurements of one checkpoint. What is there is not measured again, unless `again` takes it away first; what failed
   * is tried once more.
   * @throws ConflictError for a run without such a checkpoint yet, UsageError for a step that it doesn't have
   */
  async ask(run: string, { kinds, checkpoint, split, again }: ProbeCall): Promise<AskedProbe[]> {
    const step = stepOfCheckpoint(run, await this.#runs.head(run), checkpoint);
    const spec = await this.#runs.spec(run);
    if (await this.#runs.isDatasetRemoved(spec)) throw removedDataset(run, spec);
    const asked: AskedProbe[] = [];
    for (const kind of new Set(kinds)) {
      const probe = stepProbe(run, step, kind, split);
      asked.push({ step, kind, split });
      if (again) {
        await this.#store.delete(probe.key);
        await this.#store.delete(keys.predictions(run, step, kind, split));
      } else if (await this.#store.head(probe.key)) continue;
      await this.#store.delete(keys.failedMark(probe.key));
      this.#progress.delete(probe.key);
      await askForProbe(this.#publish, probe);
    }
    return asked;
  }

  /** What became of a measurement: its result, why it failed, or how far it is. */
  async status(run: string, { step, kind, split }: AskedProbe): Promise<ProbeStatus> {
    await this.#runs.spec(run);
    const { key } = stepProbe(run, step, kind, split);
    const empty = { progress: null, result: null, reason: null, remedy: null };
    const found = await getJson(this.#store, key, probeResultSchema);
    if (found) return { ...empty, state: 'done', result: found.value };
    const failure = await failedMark(this.#store, keys.failedMark(key));
    if (failure) return { ...empty, state: 'failed', ...failure };
    return { ...empty, state: 'measuring', progress: this.#progress.get(key) ?? null };
  }

  /** Keeps the last word of each measurement that is under way. */
  receive(event: UnlabelEvent): void {
    if (event.type !== 'probe-progress' && event.type !== 'probe-result') return;
    if (event.target === 'pixels') return;
    const { key } = stepProbe(event.target, event.step, event.kind, event.split);
    this.#progress.delete(key);
    if (event.type === 'probe-result') return;
    this.#progress.set(key, { phase: event.phase, done: event.done });
    const [oldest] = this.#progress.keys();
    if (this.#progress.size > progressKept && oldest !== undefined) this.#progress.delete(oldest);
  }
}

/** The step of a checkpoint as a call names it. @throws ConflictError for one that is not there yet, UsageError for one that never was */
export function stepOfCheckpoint(run: string, head: RunHead, checkpoint: ProbeCall['checkpoint']): number {
  const steps = head.checkpoints.map(({ step }) => step);
  if (checkpoint === 0) return 0;
  if (checkpoint === 'best' && !head.best)
    throw new ConflictError(`run ${run}: no checkpoint was measured on tune, so none is known as the best`, {
      field: 'checkpoint',
      remedy: 'probe checkpoint last or a step; with probe.everyEpochs a run is measured on tune while it trains',
    });
  const step = checkpoint === 'last' ? steps.at(-1) : checkpoint === 'best' ? head.best?.step : checkpoint;
  if (step === undefined)
    throw new ConflictError(`run ${run} is ${head.state} and has no checkpoint yet`, {
      field: 'checkpoint',
      remedy: `follow it: ./unlabel follow ${run}; checkpoint 0 is the untrained encoder`,
    });
  if (!steps.includes(step))
    throw new UsageError(`run ${run} has no checkpoint at step ${step}; it has ${steps.join(', ') || 'none'}`, {
      field: 'checkpoint',
      remedy: 'give one of these steps, last, best, or 0 for the untrained encoder',
    });
  return step;
}
