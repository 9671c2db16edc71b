import { z } from 'zod';

import {
  type ApiHealth,
  type CatalogueEntry,
  type Comparison,
  type DoctorReport,
  type Recipe,
  type RunLog,
  type UnlabelEvent,
  type WeightsStored,
} from '#lib/contracts';
import { methods } from '#lib/methods';
import { backbones } from '#lib/nn';
import type { ObjectStore } from '#lib/storage';

import type { AskAdmission } from './admission/ask.ts';
import { Admissions } from './admit.ts';
import { compareRuns } from './compare.ts';
import { Datasets } from './datasets.ts';
import { type DeadLetterPort, DeadLetters, unblock } from './dead-letters.ts';
import { Experiments } from './experiments.ts';
import { Forks } from './fork-run.ts';
import { LiveRuns } from './live-runs.ts';
import { Pictures } from './pictures.ts';
import { Probes } from './probe-requests.ts';
import type { Publish } from './publish.ts';
import { PipelineView, type Queues } from './pipeline.ts';
import { Reconciler } from './reconcile.ts';
import { DatasetRemoval } from './remove-dataset.ts';
import { Removal } from './remove-run.ts';
import { type HeldState, runLog } from './run-log.ts';
import { type RunStateEvent, Runs } from './runs.ts';
import { SampleImages } from './sample-images.ts';
import { TrainingPlaces } from './training-places.ts';
import { ViewCache } from './view-cache.ts';
import { storeWeights } from './weights.ts';
import { Workers } from './workers.ts';

/** What control writes to its log. */
export interface ControlLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** States of runs as they are announced on the bus. */
export interface RunStates {
  announce(event: RunStateEvent): void;
  /** those of a run that are still held, oldest first */
  held(run: string): Promise<HeldState[]>;
}

export interface ControlOptions {
  version: string;
  store: ObjectStore;
  nats: string;
  publish: Publish;
  recipes: Map<string, Recipe>;
  doctor: () => Promise<DoctorReport>;
  deadLetters: DeadLetterPort;
  queues: Queues;
  states: RunStates;
  /** that view blocks may take */
  viewsBytes: number;
  /** looks at specs before they start */
  admission: AskAdmission;
  log: ControlLog;
}

/** Everything that the API serves, over objects and jobs. It keeps nothing that could not be read again. */
export class Control {
  readonly version: string;
  readonly log: ControlLog;
  readonly datasets: Datasets;
  readonly runs: Runs;
  readonly experiments: Experiments;
  readonly probes: Probes;
  readonly pictures: Pictures;
  readonly samples: SampleImages;
  readonly deadLetters: DeadLetters;
  readonly reconciler: Reconciler;
  readonly viewCache: ViewCache;
  readonly removal: Removal;
  readonly datasetRemoval: DatasetRemoval;
  readonly forks: Forks;
  /** who is here */
  readonly workers = new Workers();
  readonly pipeline: PipelineView;
  readonly #options: ControlOptions;
  readonly #live = new LiveRuns();
  readonly #listeners = new Set<(event: UnlabelEvent) => void>();
  readonly #startedAt = new Date().toISOString();

  constructor(options: ControlOptions) {
    const { store, publish, recipes, admission } = options;
    this.#options = options;
    this.version = options.version;
    this.log = options.log;
    this.datasets = new Datasets(store, publish);
    this.runs = new Runs(
      store,
      publish,
      this.datasets,
      recipes,
      this.#live,
      new Admissions(admission, new TrainingPlaces(this.workers)),
      (key) => unblock(store, options.deadLetters, key),
      (event) => options.states.announce(event),
    );
    this.probes = new Probes(store, publish, this.runs);
    this.pictures = new Pictures(store, publish, this.runs, this.datasets);
    this.samples = new SampleImages(store, this.datasets, this.runs);
    this.deadLetters = new DeadLetters(this.runs, options.deadLetters);
    this.experiments = new Experiments(store, this.runs, this.datasets, recipes);
    this.datasetRemoval = new DatasetRemoval(store, this.datasets, this.runs, options.queues);
    this.removal = new Removal(store, this.runs);
    this.forks = new Forks(store, this.runs, this.datasets);
    this.viewCache = new ViewCache(store, this.runs, this.#live, options.viewsBytes);
    this.pipeline = new PipelineView({
      store,
      queues: options.queues,
      workers: this.workers,
      runs: this.runs,
      live: this.#live,
      views: this.viewCache,
    });
    this.reconciler = new Reconciler(store, this.datasets, this.runs, this.experiments, publish, this.datasetRemoval);
  }

  health(): ApiHealth {
    return {
      version: this.version,
      storage: this.#options.store.describe(),
      nats: this.#options.nats,
      startedAt: this.#startedAt,
    };
  }

  methods(): CatalogueEntry[] {
    return Object.values(methods).map(({ name, title, papers, options }) => ({
      name,
      title,
      description: papers.join(', '),
      options: z.toJSONSchema(options, { io: 'input' }),
    }));
  }

  backbones(): CatalogueEntry[] {
    return Object.entries(backbones).map(([name, { title, options }]) => ({
      name,
      title,
      description: title,
      options: z.toJSONSchema(options, { io: 'input' }),
    }));
  }

  recipeList(): CatalogueEntry[] {
    return [...this.#options.recipes].map(([name, { title, description }]) => ({ name, title, description }));
  }

  storeWeights(body: ReadableStream<Uint8Array>, sizeBytes: number | undefined): Promise<WeightsStored> {
    return storeWeights(this.#options.store, body, sizeBytes);
  }

  /** What happened to a run, in words. */
  async runLog(run: string): Promise<RunLog> {
    const [spec, head, held] = await Promise.all([
      this.runs.spec(run),
      this.runs.head(run),
      this.#options.states.held(run),
    ]);
    return { run, entries: await runLog(this.#options.store, { spec, head }, held) };
  }

  doctor(): Promise<DoctorReport> {
    return this.#options.doctor();
  }

  /** One table: of an experiment, of the runs that are named, or of all runs on a dataset. */
  async compare(runs: string[], dataset: string | undefined, experiment?: string): Promise<Comparison> {
    const of = experiment === undefined ? undefined : await this.experiments.get(experiment);
    const names = runs.length === 0 && of ? of.runs.map(({ run }) => run) : runs;
    const labels = await this.experiments.labels(of);
    return compareRuns(this.#options.store, this.runs, this.datasets, { runs: names, dataset, labels });
  }

  /** Takes an event from the bus: keeps steps, tells listeners, and asks for what it makes due. */
  receive(event: UnlabelEvent): void {
    this.#live.receive(event);
    this.probes.receive(event);
    for (const listener of this.#listeners) listener(event);
    if (event.type === 'run-state' && event.state === 'finished') this.#ask(event.run, this.reconciler.run(event.run));
    else if (event.type === 'run-state' && event.state === 'running')
      this.#ask(event.run, this.reconciler.probes(event.run));
    else if (event.type === 'probe-result' && event.target !== 'pixels')
      this.#ask(event.target, this.reconciler.probes(event.target));
  }

  #ask(run: string, asking: Promise<void>): void {
    asking.catch((error: unknown) => this.log.error({ error: String(error), run }, 'asking for probes failed'));
  }

  listen(listener: (event: UnlabelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
