import { keys, type Pipeline, type RunHead, runResolvedSchema, type Stage, stages, waitShareOf } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import type { LiveRuns } from './live-runs.ts';
import { PipelineRates } from './pipeline-rates.ts';
import { verdict } from './pipeline-verdict.ts';
import { readMetrics } from './run-figures.ts';
import type { Runs } from './runs.ts';
import type { ViewCache } from './view-cache.ts';
import type { Workers } from './workers.ts';

/** What the bus tells of its queues. */
export interface Queues {
  /** jobs of every stage: that wait, that are in work, that ended since the stream was made */
  states(): Promise<{ stage: Stage; pending: number; inFlight: number; ended: number }[]>;
  /** how many jobs were given up */
  deadLetters(): Promise<number>;
}

export interface PipelineParts {
  store: ObjectStore;
  queues: Queues;
  workers: Workers;
  runs: Runs;
  live: LiveRuns;
  views: ViewCache;
  /** @default performance.now */
  nowMs?: () => number;
}

/** A run's wait is told of so many of its last steps. */
const lastSteps = 50;

/** Who works on what and who waits for whom, as queues, workers and runs tell it. */
export class PipelineView {
  readonly #of: PipelineParts;
  readonly #nowMs: () => number;
  readonly #rates = new PipelineRates();

  constructor(parts: PipelineParts) {
    this.#of = parts;
    this.#nowMs = parts.nowMs ?? (() => performance.now());
  }

  /** Notes how far the queues are, which makes `donePerMinute`. */
  async sample(): ReturnType<Queues['states']> {
    const states = await this.#of.queues.states();
    for (const { stage, ended } of states) this.#rates.add(stage, ended, this.#nowMs());
    return states;
  }

  async now(): Promise<Pipeline> {
    const { queues, views, workers } = this.#of;
    const [states, deadLetters, cache, heads] = await Promise.all([
      this.sample(),
      queues.deadLetters(),
      views.status(),
      this.#heads(),
    ]);
    const here = workers.here();
    const seen = stages.map((stage) => {
      const { pending = 0, inFlight = 0 } = states.find((state) => state.stage === stage) ?? {};
      const donePerMinute = this.#rates.perMinute(stage);
      return { stage, pending, inFlight, donePerMinute, workers: here.filter((worker) => worker.stage === stage) };
    });
    const runs = (
      await Promise.all(heads.filter(({ state }) => state === 'running').map((head) => this.#run(head)))
    ).flat();
    const waiting = heads.filter(({ state }) => state === 'queued');
    const queued = await Promise.all(waiting.map(async ({ run }) => (await this.#of.runs.spec(run)).method.name));
    return { stages: seen, runs, views: cache, deadLetters, verdict: verdict({ stages: seen, runs, queued }) };
  }

  async #heads(): Promise<RunHead[]> {
    const { runs } = this.#of;
    return Promise.all((await runs.names()).map((run) => runs.head(run)));
  }

  /** Nothing for a run that is not resolved yet: it reads no views. */
  async #run(head: RunHead): Promise<Pipeline['runs']> {
    const { store, live, runs } = this.#of;
    const { run } = head;
    const resolved = await getJson(store, keys.runResolved(run), runResolvedSchema);
    if (!resolved) return [];
    const { viewsHash } = resolved.value;
    const lastStep = live.last(run)?.step ?? head.metrics.at(-1)?.to ?? 0;
    const steps = await readMetrics(store, live, head, Math.max(0, lastStep - lastSteps));
    if (steps.length === 0) return [{ run, viewsHash, imagesPerSecond: null, waitShare: null }];
    const { batch } = await runs.spec(run);
    const took = steps.reduce((sum, { imagesPerSecond }) => sum + batch / imagesPerSecond, 0);
    const imagesPerSecond = (steps.length * batch) / took;
    return [{ run, viewsHash, imagesPerSecond, waitShare: waitShareOf(steps, batch) }];
  }
}
