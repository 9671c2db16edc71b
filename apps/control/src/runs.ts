import { randomBytes } from 'node:crypto';

import {
  ConflictError,
  keys,
  type ProbeKind,
  probeResultSchema,
  type ProbeResult,
  type PretrainJob,
  type Recipe,
  type RunCall,
  type RunDetail,
  type RunHead,
  runHeadSchema,
  runResolvedSchema,
  type RunSpec,
  runSpecSchema,
  type RunSummary,
  stepMetricsSchema,
  type StepMetrics,
  subjects,
  unknownName,
} from '#lib/contracts';
import { stepsPerEpoch } from '#lib/sampling';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';

import type { Datasets } from './datasets.ts';
import type { LiveRuns } from './live-runs.ts';
import { pendingProbes } from './probes.ts';
import type { Publish } from './publish.ts';
import { failedMark } from './failures.ts';
import { findRecipe } from './recipes.ts';
import { resolveSpec } from './resolve-spec.ts';

const over = new Set<RunHead['state']>(['finished', 'failed']);
/** States in which a worker owns the run or will. */
const open = new Set<RunHead['state']>(['queued', 'running']);

/** Runs as their objects tell it, and what a user may ask of them. */
export class Runs {
  readonly #store: ObjectStore;
  readonly #publish: Publish;
  readonly #datasets: Datasets;
  readonly #recipes: Map<string, Recipe>;
  readonly #live: LiveRuns;
  readonly #specs = new Map<string, RunSpec>(); // specs are written once

  constructor(store: ObjectStore, publish: Publish, datasets: Datasets, recipes: Map<string, Recipe>, live: LiveRuns) {
    this.#store = store;
    this.#publish = publish;
    this.#datasets = datasets;
    this.#recipes = recipes;
    this.#live = live;
  }

  /** Checks the spec, stores it and the head, then asks for a worker. */
  async start(call: RunCall): Promise<{ run: string; notes: string[] }> {
    const recipe = findRecipe(this.#recipes, call.recipe);
    const { head: dataset, index } = await this.#datasets.ready(call.dataset);
    const { spec, notes } = resolveSpec({
      recipeName: call.recipe,
      recipe,
      changes: call.changes,
      dataset: { name: call.dataset, contentHash: dataset.contentHash, index },
    });
    const run = call.run ?? runId(call.recipe);
    if ((await this.#store.create(keys.runSpec(run), jsonBytes(spec))) === 'exists')
      throw new ConflictError(`run ${run} exists already`, {
        field: 'run',
        remedy: 'choose another id, or leave it out',
      });
    await this.makeHead(run);
    await this.ask(run, spec);
    return { run, notes };
  }

  /** The head of a run that nobody has claimed; a head that is there stays. */
  async makeHead(run: string): Promise<void> {
    const at = new Date().toISOString();
    const head: RunHead = {
      format: 'unlabel.run-head',
      version: 1,
      run,
      attempt: 0,
      nonce: 'control',
      attemptsSinceAdvance: 0,
      wanted: 'run',
      state: 'queued',
      reason: null,
      remedy: null,
      checkpoints: [],
      metrics: [],
      trainSeconds: 0,
      waitSeconds: 0,
      createdAt: at,
      updatedAt: at,
    };
    await this.#store.replace(keys.runHead(run), jsonBytes(head), undefined);
  }

  /** Asks for a worker; one that is asked for already is not asked for twice. */
  async ask(run: string, spec: RunSpec): Promise<void> {
    const job: PretrainJob = { version: 1, run, method: spec.method.name, traceId: run };
    await this.#publish(subjects.pretrain(spec.method.name, run), job);
  }

  /** Runs that have a head. */
  async names(): Promise<string[]> {
    return [...(await this.#all())].filter(([, hasHead]) => hasHead).map(([run]) => run);
  }

  /** Runs whose head was not made, since control ended just after it wrote their spec. */
  async headless(): Promise<string[]> {
    return [...(await this.#all())].filter(([, hasHead]) => !hasHead).map(([run]) => run);
  }

  async #all(): Promise<Map<string, boolean>> {
    const specs: string[] = [];
    const heads = new Set<string>();
    for await (const { key } of this.#store.list(keys.runs())) {
      const run = key.split('/')[1] as string;
      if (key === keys.runSpec(run)) specs.push(run);
      else if (key === keys.runHead(run)) heads.add(run);
    }
    return new Map(specs.map((run) => [run, heads.has(run)]));
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
    return (await this.#storedHead(run)).value;
  }

  async #storedHead(run: string): Promise<{ value: RunHead; version: string }> {
    const found = await getJson(this.#store, keys.runHead(run), runHeadSchema);
    if (!found) throw new ConflictError(`run ${run} has no head yet`, { remedy: 'wait a minute: it is being made' });
    if (!open.has(found.value.state)) return found;
    const mark = await failedMark(this.#store, keys.failedMark(keys.runHead(run)));
    if (!mark) return found;
    const remedy = mark.remedy ?? `mend the cause, then ./unlabel resume ${run}`;
    return { ...found, value: { ...found.value, state: 'failed', reason: mark.reason, remedy } };
  }

  async summaries(): Promise<RunSummary[]> {
    const summaries = await Promise.all((await this.names()).map((run) => this.summary(run)));
    return summaries.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async summary(run: string): Promise<RunSummary> {
    const [spec, head, probes] = await Promise.all([this.spec(run), this.head(run), this.probes(run)]);
    const live = this.#live.last(run);
    const committed = head.checkpoints.at(-1)?.step ?? 0;
    const best = (kind: ProbeKind) =>
      probes.filter((probe) => probe.kind === kind && probe.encoder.kind === 'checkpoint').at(-1)?.top1 ?? null;
    return {
      run,
      state: head.state,
      reason: head.reason,
      remedy: head.remedy,
      recipe: spec.recipe,
      method: spec.method.name,
      backbone: spec.backbone.name,
      dataset: spec.dataset.name,
      epochs: spec.epochs,
      step: over.has(head.state) ? committed : Math.max(live?.step ?? 0, committed),
      totalSteps: stepsPerEpoch(spec.dataset.trainSamples, spec.batch) * spec.epochs,
      loss: live?.loss ?? (await this.lastLoss(head)),
      imagesPerSecond: live?.imagesPerSecond ?? null,
      knn: best('knn'),
      linear: best('linear'),
      createdAt: head.createdAt,
    };
  }

  async detail(run: string): Promise<RunDetail> {
    const [spec, head, summary, probes] = await Promise.all([
      this.spec(run),
      this.head(run),
      this.summary(run),
      this.probes(run),
    ]);
    const resolved = await getJson(this.#store, keys.runResolved(run), runResolvedSchema);
    const pending = await pendingProbes(this.#store, run, spec, head);
    const probesPending = pending.map(({ target, step, kind }) => ({ target, step, kind }));
    return { summary, spec, resolved: resolved?.value ?? null, head, probes, probesPending };
  }

  /** Every step's metrics: the segments that the head names, then the live ones after them. */
  async metrics(run: string, afterStep = 0): Promise<StepMetrics[]> {
    const head = await this.head(run);
    const lines: StepMetrics[] = [];
    for (const { key, to } of head.metrics) {
      if (to <= afterStep) continue;
      const object = await this.#store.get(key);
      const text = object ? new TextDecoder().decode(object.bytes) : '';
      for (const line of text.split('\n')) if (line !== '') lines.push(stepMetricsSchema.parse(JSON.parse(line)));
    }
    const committed = head.metrics.at(-1)?.to ?? 0;
    return [...lines, ...this.#live.after(run, committed)].filter(({ step }) => step > afterStep);
  }

  async lastLoss(head: RunHead): Promise<number | null> {
    const last = head.metrics.at(-1);
    return last ? ((await this.metrics(head.run, last.to - 1)).at(-1)?.loss ?? null) : null;
  }

  async probes(run: string): Promise<ProbeResult[]> {
    const results: ProbeResult[] = [];
    for await (const { key } of this.#store.list(keys.probes(run)))
      if (/\/(knn|linear)\.json$/.test(key)) results.push(await requireJson(this.#store, key, probeResultSchema));
    return results;
  }

  /** Wants the run stopped; its worker checkpoints and lets go. */
  async stop(run: string): Promise<void> {
    await this.#want(run, 'stop', (head) => {
      if (over.has(head.state)) throw new ConflictError(`run ${run} is ${head.state}: there is nothing to stop`);
      return head.state === 'queued' || head.state === 'blocked' ? { state: 'stopped' } : {};
    });
  }

  /** Wants the run to go on from its last checkpoint. */
  async resume(run: string): Promise<void> {
    const spec = await this.spec(run);
    await this.#want(run, 'run', (head) => {
      if (head.state === 'finished') throw new ConflictError(`run ${run} is finished`, { remedy: 'start another run' });
      return head.state === 'running' ? {} : { state: 'queued', reason: null, remedy: null, attemptsSinceAdvance: 0 };
    });
    await this.#store.delete(keys.failedMark(keys.runHead(run)));
    await this.ask(run, spec);
  }

  async #want(run: string, wanted: RunHead['wanted'], change: (head: RunHead) => Partial<RunHead>): Promise<void> {
    await this.spec(run);
    for (;;) {
      const found = await this.#storedHead(run);
      const next = { ...found.value, ...change(found.value), wanted, updatedAt: new Date().toISOString() };
      if ((await this.#store.replace(keys.runHead(run), jsonBytes(next), found.version)) !== undefined) return;
    }
  }
}

/** An id that sorts by time and says what it is: recipe, day, time, and four digits against clashes. */
function runId(recipe: string): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  return `${recipe}-${date.slice(5).replace('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}
