import { z } from 'zod';

import {
  type BestCheckpoint,
  bestMetric,
  betterCheckpoint,
  type CheckpointEntry,
  isProbedOnTune,
  keys,
  type ProbeKind,
  probeResultSchema,
  type RunSpec,
  stoppingProbeKinds,
  type TuneReading,
} from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

type Result = { top1: number } | { failed: string };
type Reader = Pick<ObjectStore, 'get'>;
const markSchema = z.looseObject({ reason: z.string() });

/** What probes of a run's checkpoints found on tune, polled from the store: events of it only shorten waits. */
export class TuneResults {
  readonly #store: Reader;
  readonly #run: string;
  readonly #spec: RunSpec;
  /** steps whose result is there or will never come; the figure of the best is taken over those that came */
  readonly #settled = new Set<number>();
  #best: BestCheckpoint | null;

  constructor(store: Reader, run: string, spec: RunSpec, best: BestCheckpoint | null) {
    this.#store = store;
    this.#run = run;
    this.#spec = spec;
    this.#best = best;
  }

  get best(): BestCheckpoint | null {
    return this.#best;
  }

  /** Whether a checkpoint waits for its probe: it must not be pruned. */
  isPending(entry: CheckpointEntry): boolean {
    return isProbedOnTune(this.#spec, entry) && !this.#settled.has(entry.step);
  }

  /** Looks for the results of pending checkpoints; true when one has come. */
  async look(checkpoints: CheckpointEntry[]): Promise<boolean> {
    const metric = bestMetric(this.#spec);
    if (metric === undefined) return false;
    let news = false;
    for (const entry of checkpoints.filter((each) => this.isPending(each))) {
      const result = await this.#result(entry.step, metric);
      if (!result) continue;
      news = true;
      this.#settled.add(entry.step);
      if ('top1' in result) this.#best = betterCheckpoint(this.#best, { step: entry.step, metric, value: result.top1 });
    }
    return news;
  }

  /** The figures that early stopping follows; undefined until all are there. */
  async reading(step: number): Promise<TuneReading | { key: string; reason: string } | undefined> {
    const reading: TuneReading = { step };
    for (const kind of stoppingProbeKinds(this.#spec)) {
      const result = await this.#result(step, kind);
      if (!result) return undefined;
      if ('failed' in result) return { key: keys.probe(this.#run, step, kind, 'tune'), reason: result.failed };
      reading[kind] = result.top1;
    }
    return reading;
  }

  async #result(step: number, kind: ProbeKind): Promise<Result | undefined> {
    const key = keys.probe(this.#run, step, kind, 'tune');
    const found = await getJson(this.#store, key, probeResultSchema);
    if (found) return { top1: found.value.top1 };
    const mark = await getJson(this.#store, keys.failedMark(key), markSchema);
    return mark && { failed: mark.value.reason };
  }
}
