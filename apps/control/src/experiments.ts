import {
  ConflictError,
  type Experiment,
  type ExperimentCall,
  type ExperimentDetail,
  experimentSchema,
  type ExperimentStarted,
  type ExperimentSummary,
  hashJson,
  keys,
  probeInWords,
  type Recipe,
  type Reported,
  type RunModel,
  unknownName,
} from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

import type { Datasets } from './datasets.ts';
import { expandExperiment, type ExperimentRun } from './expand-experiment.ts';
import type { Runs } from './runs.ts';

/** What a table says of a run beside what was measured. */
export interface RunLabel {
  label: string;
  /** the label is no more than the run's id */
  isId: boolean;
  reported: Reported | null;
}

/** Experiments as their objects tell it: which runs are compared, on which data. */
export class Experiments {
  readonly #store: ObjectStore;
  readonly #runs: Runs;
  readonly #datasets: Datasets;
  readonly #recipes: Map<string, Recipe>;
  readonly #known = new Map<string, Experiment>(); // they are written once

  constructor(store: ObjectStore, runs: Runs, datasets: Datasets, recipes: Map<string, Recipe>) {
    this.#store = store;
    this.#runs = runs;
    this.#datasets = datasets;
    this.#recipes = recipes;
  }

  /**
   * Checks every spec, then registers the experiment, then its runs, all together. Of what is there already, nothing is
   * done twice: finished runs count, those that go on are left alone, those that stopped or failed go on.
   */
  async start({ name, file, changes, dataset }: ExperimentCall): Promise<ExperimentStarted> {
    const { head, index } = await this.#datasets.ready(dataset);
    await this.#datasets.checkShards(dataset, index);
    const data = { name: dataset, contentHash: head.contentHash };
    const { runs, notes } = expandExperiment({ file, changes, recipes: this.#recipes, dataset: { ...data, index } });
    for (const { spec } of runs) await this.#runs.checkWeights(spec);
    const admitted = await this.#runs.admit(runs.map(({ spec }) => spec));
    const { title, description } = file;
    const content = { title, description, dataset: data, runs };
    const experiment = `${name}-${hashJson(content).slice(0, 8)}`;
    const object: Experiment = {
      format: 'unlabel.experiment',
      version: 1,
      experiment,
      ...content,
      createdAt: new Date().toISOString(),
    };
    const joined = (await this.#store.create(keys.experiment(experiment), jsonBytes(object))) === 'exists';
    const begun: ExperimentStarted['runs'] = [];
    for (const [i, run] of runs.entries())
      begun.push({ run: run.run, label: run.label, was: await this.#begin(run, admitted[i]?.model) });
    const memory = new Set(admitted.flatMap((each) => each.notes));
    return { experiment, joined, runs: begun, notes: [...notes, ...memory] };
  }

  async #begin(
    { run, spec }: ExperimentRun,
    model: RunModel | undefined,
  ): Promise<ExperimentStarted['runs'][number]['was']> {
    if (await this.#runs.register(run, spec, model)) return 'started';
    if (hashJson(await this.#runs.spec(run)) !== hashJson(spec))
      throw new ConflictError(`run ${run} exists already, with another spec`, { remedy: 'change the seed' });
    await this.#runs.makeHead(run); // control may have ended between a spec and its head
    const { state, wanted } = await this.#runs.head(run);
    if (state === 'finished') return 'finished';
    if (wanted === 'run' && (state === 'queued' || state === 'running')) return 'going on';
    await this.#runs.resume(run);
    return 'resumed';
  }

  /** Registers runs that control ended before. */
  async complete(experiment: string): Promise<void> {
    const { dataset, runs } = await this.get(experiment);
    if (await this.#datasets.isRemoved(dataset.name)) return;
    for (const { run, spec } of runs) if (!(await this.#runs.exists(run))) await this.#runs.register(run, spec);
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { key } of this.#store.list(keys.experiments()))
      names.push((key.split('/')[1] as string).replace(/\.json$/, ''));
    return names;
  }

  /** @throws UsageError with the nearest match for an experiment that doesn't exist */
  async get(experiment: string): Promise<Experiment> {
    const known = this.#known.get(experiment);
    if (known) return known;
    const found = await getJson(this.#store, keys.experiment(experiment), experimentSchema);
    if (!found) throw unknownName('experiment', experiment, await this.names(), 'experiment');
    this.#known.set(experiment, found.value);
    return found.value;
  }

  async #all(): Promise<Experiment[]> {
    const all = await Promise.all((await this.names()).map((name) => this.get(name)));
    return all.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async summaries(): Promise<ExperimentSummary[]> {
    return Promise.all(
      (await this.#all()).map(async ({ experiment, title, dataset, createdAt, runs }) => ({
        experiment,
        title,
        dataset: dataset.name,
        createdAt,
        runs: await Promise.all(
          runs.map(async ({ run, label }) => ({ run, label, state: await this.#runs.state(run) })),
        ),
      })),
    );
  }

  async detail(name: string): Promise<ExperimentDetail> {
    const { experiment, title, description, dataset, createdAt, runs } = await this.get(name);
    const states = await Promise.all(runs.map(({ run }) => this.#runs.state(run)));
    const left = runs.filter((_, i) => states[i] !== 'removed');
    const details = await Promise.all(
      left.map(async ({ run, label }) => {
        const detail = await this.#runs.detail(run);
        return {
          label,
          summary: detail.summary,
          probesPending: detail.probesPending.map((probe) => probeInWords(probe, detail.spec, run)),
        };
      }),
    );
    return { experiment, title, description, dataset: dataset.name, createdAt, runs: details };
  }

  /** Labels of the runs of an experiment; without one, what any experiment says was reported for a run. */
  async labels(experiment: Experiment | undefined): Promise<Map<string, RunLabel>> {
    const of = experiment ? [experiment] : (await this.#all()).reverse();
    return new Map(
      of.flatMap(({ runs }) =>
        runs.map(({ run, label, reported }) => {
          const isId = experiment === undefined;
          return [run, { label: isId ? run : label, isId, reported }] as const;
        }),
      ),
    );
  }
}
