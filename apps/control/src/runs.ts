import {
  ConflictError,
  keys,
  newRunHead,
  type ProbeResult,
  type PretrainJob,
  type Recipe,
  type RunAbout,
  type RunAboutCall,
  type RunCall,
  type RunCheck,
  type RunCurves,
  type RunDetail,
  type RunHead,
  runHeadSchema,
  type RunModel,
  type RunRecipe,
  runModelSchema,
  runResolvedSchema,
  type RunSpec,
  runSpecSchema,
  type RunSummary,
  type StepMetrics,
  subjects,
  type UnlabelEvent,
  unknownName,
  overStates,
} from '#lib/contracts';
import { plannedSteps, stepsPerEpoch } from '#lib/sampling';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

import type { Admissions, Admitted } from './admit.ts';
import { Curves, type CurvesWanted } from './curves.ts';
import type { Datasets } from './datasets.ts';
import { KnownHeads } from './known-heads.ts';
import type { LiveRuns } from './live-runs.ts';
import { pendingProbes } from './probes.ts';
import { ProbeFigures } from './probe-figures.ts';
import type { Publish } from './publish.ts';
import { findRecipe } from './recipes.ts';
import { resolveSpec } from './resolve-spec.ts';
import { checkWeights } from './weights.ts';
import { changeAbout, readAbout } from './run-about.ts';
import { type FigureSources, readMetrics, readProbes, summarise } from './run-figures.ts';
import { runId, storedHead } from './run-head.ts';
import { runsWith, speclessRuns } from './run-names.ts';
import { recipeOfRun } from './run-recipe.ts';

/** For what needs the images of a run whose dataset was removed. */
export const removedDataset = (run: string, { dataset }: RunSpec): ConflictError =>
  new ConflictError(`run ${run}: its dataset ${dataset.name} was removed`, {
    field: 'dataset',
    remedy: `ingest it again from the same source: ./unlabel ingest SOURCE --name ${dataset.name}`,
  });

/** Tells listeners of the bus where a run stands. */
export type RunStateEvent = Extract<UnlabelEvent, { type: 'run-state' }>;

/** Runs as their objects tell it, and what a user may ask of them. */
export class Runs {
  readonly #store: ObjectStore;
  readonly #publish: Publish;
  readonly #datasets: Datasets;
  readonly #recipes: Map<string, Recipe>;
  readonly #live: LiveRuns;
  readonly #admissions: Admissions;
  readonly #unblock: (key: string) => Promise<void>;
  readonly #announce: (event: RunStateEvent) => void;
  readonly #specs = new Map<string, RunSpec>(); // specs are written once
  readonly #heads: KnownHeads;
  readonly #curves: Curves;
  readonly #figures: FigureSources;

  constructor(
    store: ObjectStore,
    publish: Publish,
    datasets: Datasets,
    recipes: Map<string, Recipe>,
    live: LiveRuns,
    admissions: Admissions,
    unblock: (key: string) => Promise<void>,
    announce: (event: RunStateEvent) => void,
  ) {
    this.#store = store;
    this.#publish = publish;
    this.#datasets = datasets;
    this.#recipes = recipes;
    this.#live = live;
    this.#admissions = admissions;
    this.#unblock = unblock;
    this.#heads = new KnownHeads(store);
    this.#curves = new Curves(store, live);
    this.#figures = { store, live, curves: this.#curves, probes: new ProbeFigures(store) };
    this.#announce = announce;
  }

  /** What a call would start: the spec checked, its model, the memory that it takes. @throws UsageError for what can't be */
  async check(call: RunCall): Promise<RunCheck> {
    const recipe = findRecipe(this.#recipes, call.recipe);
    const { head: dataset, index } = await this.#datasets.ready(call.dataset);
    await this.#datasets.checkShards(call.dataset, index);
    const { spec, notes } = resolveSpec({
      recipeName: call.recipe,
      recipe,
      changes: call.changes,
      dataset: { name: call.dataset, contentHash: dataset.contentHash, index },
    });
    await this.checkWeights(spec);
    const [admitted] = (await this.admit([spec])) as [Admitted];
    return {
      spec,
      notes: [...notes, ...admitted.notes],
      model: admitted.model,
      place: admitted.place,
      stepsPerEpoch: stepsPerEpoch(spec.dataset.trainSamples, spec.batch),
      totalSteps: plannedSteps(spec) ?? null,
    };
  }

  /** What the recipe of a run gives without changes. */
  async recipe(run: string): Promise<RunRecipe> {
    return recipeOfRun(this.#recipes, this.#datasets, await this.spec(run));
  }

  /** Lets specs in that fit in the memory of a worker. @throws UsageError for the first that fits nowhere */
  admit(specs: RunSpec[]): Promise<Admitted[]> {
    return this.#admissions.admit(specs);
  }

  /** Checks the spec, stores it, its model and the head, then asks for a worker. */
  async start(call: RunCall): Promise<{ run: string; notes: string[] }> {
    const { spec, notes, model } = await this.check(call);
    const run = call.run ?? runId(call.recipe);
    if (!(await this.register(run, spec, model)))
      throw new ConflictError(`run ${run} exists already`, {
        field: 'run',
        remedy: 'choose another id, or leave it out',
      });
    return { run, notes };
  }

  /** Whether the pretrained weights that a spec names are there and fit its backbone. @throws UsageError if not */
  checkWeights(spec: RunSpec): Promise<void> {
    return checkWeights(this.#store, spec);
  }

  /** Stores a checked spec and the head, then asks for a worker. @returns false, and does nothing, if the run is there */
  async register(run: string, spec: RunSpec, model?: RunModel): Promise<boolean> {
    if ((await this.#store.create(keys.runSpec(run), jsonBytes(spec))) === 'exists') return false;
    if (await this.#datasets.isRemoved(spec.dataset.name)) {
      await this.#store.delete(keys.runSpec(run)); // it was removed after the spec was checked
      throw removedDataset(run, spec);
    }
    if (model) await this.#store.create(keys.runModel(run), jsonBytes(model));
    await this.makeHead(run);
    await this.ask(run, spec);
    this.announce(await this.head(run));
    return true;
  }

  /** The head of a run that nobody has claimed; one that is there stays, unless it is of a run of this id that was removed. */
  async makeHead(run: string): Promise<void> {
    const found = await getJson(this.#store, keys.runHead(run), runHeadSchema);
    if (found && found.value.state !== 'removed') return;
    const head = { ...newRunHead(run, new Date().toISOString()), attempt: found?.value.attempt ?? 0 };
    await this.#store.replace(keys.runHead(run), jsonBytes(head), found?.version);
  }

  /** Asks for a worker; one that is asked for already is not asked for twice. */
  async ask(run: string, spec: RunSpec): Promise<void> {
    const job: PretrainJob = { version: 1, run, method: spec.method.name, traceId: run };
    await this.#publish(subjects.pretrain(spec.method.name, run), job);
  }

  isDatasetRemoved({ dataset }: RunSpec): Promise<boolean> {
    return this.#datasets.isRemoved(dataset.name);
  }

  /** Tells of a state that control gave a run; what workers make of it they tell themselves. */
  announce({ run, state, reason, wanted, checkpoints }: RunHead): void {
    const step = checkpoints.at(-1)?.step ?? 0;
    this.#announce({ version: 1, type: 'run-state', run, state, step, reason, wanted });
  }

  /** Runs that have a head. */
  async names(): Promise<string[]> {
    return runsWith(
      this.#store,
      ({ spec, head }) => spec && head,
      (run) => this.#specs.has(run),
    );
  }

  /** Runs whose head was not made, since control ended just after it wrote their spec. */
  async headless(): Promise<string[]> {
    return runsWith(this.#store, ({ spec, head }) => spec && !head);
  }

  /** Runs that have a head and more, but no spec: what is left of removed ones. */
  async specless(): Promise<string[]> {
    return speclessRuns(this.#store);
  }

  /** Whether a run is registered, with a head or without, or was removed. */
  async exists(run: string): Promise<boolean> {
    const found = await Promise.all([keys.runSpec(run), keys.runHead(run)].map((key) => this.#store.head(key)));
    return found.some((object) => object !== undefined);
  }

  /** Forgets what is remembered of a run that is gone. */
  forget(run: string): void {
    this.#specs.delete(run);
  }

  /** @throws UsageError with the nearest match for a run that doesn't exist */
  async spec(run: string): Promise<RunSpec> {
    const known = this.#specs.get(run);
    if (known) return known;
    const spec = await getJson(this.#store, keys.runSpec(run), runSpecSchema);
    if (!spec) throw unknownName('run', run, await this.names(), 'run');
    this.#specs.set(run, spec.value);
    return spec.value;
  }

  /** The head as its owner left it; one whose job was given up meanwhile has failed, for the reason on its mark. */
  async head(run: string): Promise<RunHead> {
    await this.spec(run);
    return (await storedHead(this.#store, run, (name) => this.#heads.read(name))).value;
  }

  /** The state of a run that was registered, also of one that was removed. */
  async state(run: string): Promise<RunHead['state']> {
    return (await storedHead(this.#store, run)).value.state;
  }

  async summaries(): Promise<RunSummary[]> {
    const all = await Promise.all((await this.names()).map((run) => this.summary(run)));
    const summaries = all.filter(({ state }) => state !== 'removed');
    return summaries.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async summary(run: string): Promise<RunSummary> {
    const [spec, head] = await Promise.all([this.spec(run), this.head(run)]);
    return summarise(this.#figures, { spec, head });
  }

  async detail(run: string): Promise<RunDetail> {
    const [spec, head, probes] = await Promise.all([this.spec(run), this.head(run), this.probes(run)]);
    const summary = await summarise(this.#figures, { spec, head });
    const resolved = await getJson(this.#store, keys.runResolved(run), runResolvedSchema);
    const model = await getJson(this.#store, keys.runModel(run), runModelSchema);
    const pending = await pendingProbes(this.#store, run, spec, head);
    const probesPending = pending.map(({ target, step, kind }) => ({ target, step, kind }));
    return {
      summary,
      spec,
      model: model?.value ?? null,
      resolved: resolved?.value ?? null,
      head,
      probes,
      probesPending,
    };
  }

  /** Every step's metrics: the segments that the head names, then the live ones after them. */
  async metrics(run: string, afterStep = 0): Promise<StepMetrics[]> {
    return readMetrics(this.#store, this.#live, await this.head(run), afterStep);
  }

  /** Metrics of a range of steps in so few points that a page can draw them. */
  async curves(run: string, wanted: CurvesWanted): Promise<RunCurves> {
    const [{ batch }, head] = await Promise.all([this.spec(run), this.head(run)]);
    return this.#curves.of(head, batch, wanted);
  }

  /** Whether more curves can be read ahead; else they would push out others. */
  hasRoomForCurves(): boolean {
    return this.#curves.hasRoom;
  }

  /** Title, tags and notes that a person gave it. */
  async about(run: string): Promise<RunAbout> {
    await this.spec(run);
    return readAbout(this.#store, run);
  }

  async changeAbout(run: string, call: RunAboutCall): Promise<RunAbout> {
    await this.spec(run);
    return changeAbout(this.#store, run, call);
  }

  probes(run: string): Promise<ProbeResult[]> {
    return readProbes(this.#store, run);
  }

  /** Wants the run stopped; its worker checkpoints and lets go. */
  async stop(run: string): Promise<void> {
    await this.#want(run, 'stop', (head) => {
      if (overStates.has(head.state)) throw new ConflictError(`run ${run} is ${head.state}: there is nothing to stop`);
      return head.state === 'queued' || head.state === 'blocked' ? { state: 'stopped' } : {};
    });
  }

  /** Wants the run to go on from its last checkpoint; what blocks it is asked for again. */
  async resume(run: string): Promise<void> {
    const spec = await this.spec(run);
    const { state, blockedBy } = await this.head(run);
    if (await this.#datasets.isRemoved(spec.dataset.name)) throw removedDataset(run, spec);
    if (state === 'blocked' && blockedBy !== null) await this.#unblock(blockedBy);
    await this.#want(run, 'run', (head) => {
      if (head.state === 'finished' || head.state === 'removed')
        throw new ConflictError(`run ${run} is ${head.state}`, { remedy: 'start another run' });
      return head.state === 'running'
        ? {}
        : { state: 'queued', reason: null, remedy: null, blockedBy: null, attemptsSinceAdvance: 0 };
    });
    await this.#store.delete(keys.failedMark(keys.runHead(run)));
    await this.ask(run, spec);
  }

  async #want(run: string, wanted: RunHead['wanted'], change: (head: RunHead) => Partial<RunHead>): Promise<void> {
    await this.spec(run);
    for (;;) {
      const found = await storedHead(this.#store, run);
      const next = { ...found.value, ...change(found.value), wanted, updatedAt: new Date().toISOString() };
      if ((await this.#store.replace(keys.runHead(run), jsonBytes(next), found.version)) === undefined) continue;
      return this.announce(next);
    }
  }
}
