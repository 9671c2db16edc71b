import type { RunHead, RunSpec } from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

import { noteBest } from './best-checkpoint.ts';
import type { Datasets } from './datasets.ts';
import type { Experiments } from './experiments.ts';
import { askForPictures, pendingPictures } from './pictures.ts';
import { askForProbe, pendingProbes } from './probes.ts';
import type { Publish } from './publish.ts';
import type { DatasetRemoval } from './remove-dataset.ts';
import { Removal } from './remove-run.ts';
import type { Runs } from './runs.ts';

/**
 * Compares objects with what they still need and asks for it: a request without a plan, a plan with parts missing, a run
 * that should go on, a finished run without its figures. A message that was never sent or was lost costs a minute.
 */
export class Reconciler {
  readonly #store: ObjectStore;
  readonly #datasets: Datasets;
  readonly #runs: Runs;
  readonly #experiments: Experiments;
  readonly #publish: Publish;
  readonly #removal: Removal;
  readonly #datasetRemoval: DatasetRemoval;
  #running: Promise<void> = Promise.resolve();

  constructor(
    store: ObjectStore,
    datasets: Datasets,
    runs: Runs,
    experiments: Experiments,
    publish: Publish,
    datasetRemoval: DatasetRemoval,
  ) {
    this.#store = store;
    this.#datasets = datasets;
    this.#runs = runs;
    this.#experiments = experiments;
    this.#publish = publish;
    this.#removal = new Removal(store, runs);
    this.#datasetRemoval = datasetRemoval;
  }

  /**
   * One pass over everything; passes don't overlap. What fails keeps nothing else from being asked for.
   * @throws AggregateError with what failed, when the pass is over
   */
  all(): Promise<void> {
    const pass = this.#running.then(() => this.#pass());
    this.#running = pass.catch(() => undefined);
    return pass;
  }

  async #pass(): Promise<void> {
    const errors: unknown[] = [];
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void errors.push(error));
    for (const dataset of await this.#datasets.names()) await attempt(this.dataset(dataset));
    for (const experiment of await this.#experiments.names()) await attempt(this.#experiments.complete(experiment));
    for (const run of await this.#runs.headless()) await attempt(this.#runs.makeHead(run));
    await attempt(this.#removal.sweepLate());
    await attempt(this.#datasetRemoval.sweepLate());
    for (const run of await this.#runs.names()) await attempt(this.run(run));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
  }

  /** Planning again publishes the missing parts, and completes a plan whose parts are all there. */
  async dataset(dataset: string): Promise<void> {
    const { state, request } = await this.#datasets.summary(dataset);
    if (state === 'planning' || state === 'ingesting') await this.#datasets.askForPlan(dataset, request);
  }

  async run(run: string): Promise<void> {
    const [spec, head] = await Promise.all([this.#runs.spec(run), this.#runs.head(run)]);
    if (head.state === 'removed') return this.#removal.sweep(run);
    if (head.wanted === 'run' && (head.state === 'queued' || head.state === 'running')) await this.#runs.ask(run, spec);
    await this.probes(run);
  }

  /**
   * Asks for the probes and pictures that a run lacks, and notes the best checkpoint of one that has ended: while it trains its worker does.
   * Those of its last checkpoint search the embeddings that its probes compute, so they are asked for after these.
   */
  async probes(run: string): Promise<void> {
    const [spec, head] = await Promise.all([this.#runs.spec(run), this.#runs.head(run)]);
    if (!(await this.#datasets.isRemoved(spec.dataset.name))) await this.#askFor(run, spec, head); // else nothing can be measured any more
    if (head.state === 'finished') await noteBest(this.#store, run, spec);
  }

  async #askFor(run: string, spec: RunSpec, head: RunHead): Promise<void> {
    const probes = await pendingProbes(this.#store, run, spec, head);
    for (const probe of probes) await askForProbe(this.#publish, probe);
    const last = head.checkpoints.find(({ kind }) => kind === 'final')?.step;
    const awaited = probes.some(({ target, step }) => target === 'run' && step === last);
    for (const pictures of await pendingPictures(this.#store, run, spec, head))
      if (!(awaited && pictures.step === last)) await askForPictures(this.#publish, pictures);
  }
}
