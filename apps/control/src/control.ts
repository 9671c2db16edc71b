import { z } from 'zod';

import {
  type ApiHealth,
  type CatalogueEntry,
  type Comparison,
  ConflictError,
  type DoctorReport,
  type ProbeKind,
  type Recipe,
  type UnlabelEvent,
} from '#lib/contracts';
import { methods } from '#lib/methods';
import { backbones } from '#lib/nn';
import type { ObjectStore } from '#lib/storage';

import { compareRuns } from './compare.ts';
import { Datasets } from './datasets.ts';
import { LiveRuns } from './live-runs.ts';
import { askForProbe, wantedProbes } from './probes.ts';
import type { Publish } from './publish.ts';
import { Reconciler } from './reconcile.ts';
import { Runs } from './runs.ts';

/** What control writes to its log. */
export interface ControlLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface ControlOptions {
  version: string;
  store: ObjectStore;
  nats: string;
  publish: Publish;
  recipes: Map<string, Recipe>;
  doctor: () => Promise<DoctorReport>;
  log: ControlLog;
}

/** Everything that the API serves, over objects and jobs. It keeps nothing that could not be read again. */
export class Control {
  readonly version: string;
  readonly log: ControlLog;
  readonly datasets: Datasets;
  readonly runs: Runs;
  readonly reconciler: Reconciler;
  readonly #options: ControlOptions;
  readonly #live = new LiveRuns();
  readonly #listeners = new Set<(event: UnlabelEvent) => void>();
  readonly #startedAt = new Date().toISOString();

  constructor(options: ControlOptions) {
    const { store, publish, recipes } = options;
    this.#options = options;
    this.version = options.version;
    this.log = options.log;
    this.datasets = new Datasets(store, publish);
    this.runs = new Runs(store, publish, this.datasets, recipes, this.#live);
    this.reconciler = new Reconciler(store, this.datasets, this.runs, publish);
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

  doctor(): Promise<DoctorReport> {
    return this.#options.doctor();
  }

  compare(runs: string[], dataset: string | undefined): Promise<Comparison> {
    return compareRuns(this.#options.store, this.runs, this.datasets, { runs, dataset });
  }

  /** Asks for the figures of a finished run; what is there already is not measured again. */
  async probe(run: string, kinds: ProbeKind[]): Promise<void> {
    const [spec, head] = await Promise.all([this.runs.spec(run), this.runs.head(run)]);
    const wanted = wantedProbes(run, { ...spec, probe: { ...spec.probe, kinds } }, head);
    if (wanted.length === 0)
      throw new ConflictError(`run ${run} is ${head.state}: only a finished run is probed`, {
        remedy: `follow it: ./unlabel follow ${run}`,
      });
    for (const probe of wanted)
      if (!(await this.#options.store.head(probe.key))) await askForProbe(this.#options.publish, probe);
  }

  /** Takes an event from the bus: keeps steps, tells listeners, and asks for what it makes due. */
  receive(event: UnlabelEvent): void {
    this.#live.receive(event);
    for (const listener of this.#listeners) listener(event);
    if (event.type === 'run-state' && event.state === 'finished')
      this.reconciler
        .run(event.run)
        .catch((error: unknown) =>
          this.log.error({ error: String(error), run: event.run }, 'asking for probes failed'),
        );
  }

  listen(listener: (event: UnlabelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
