import {
  hashJson,
  keys,
  type ProbeResult,
  probeResultSchema,
  type RunHead,
  runResolvedSchema,
  type RunSpec,
  type RunSummary,
  type StepMetrics,
  stepMetricsSchema,
  overStates,
} from '#lib/contracts';
import { plannedSteps, stepsPerEpoch } from '#lib/sampling';
import { getJson, type ObjectStore, requireJson } from '#lib/storage';

import type { Curves } from './curves.ts';
import type { LiveRuns } from './live-runs.ts';
import type { ProbeFigures } from './probe-figures.ts';
import { readAbout } from './run-about.ts';

/** Every step's metrics after a step: the segments that the head names, then the live ones after them. */
export async function readMetrics(
  store: ObjectStore,
  live: LiveRuns,
  head: RunHead,
  afterStep: number,
): Promise<StepMetrics[]> {
  const lines: StepMetrics[] = [];
  for (const { key, to } of head.metrics) {
    if (to <= afterStep) continue;
    const object = await store.get(key);
    const text = object ? new TextDecoder().decode(object.bytes) : '';
    for (const line of text.split('\n')) if (line !== '') lines.push(stepMetricsSchema.parse(JSON.parse(line)));
  }
  const committed = head.metrics.at(-1)?.to ?? 0;
  return [...lines, ...live.after(head.run, committed)].filter(({ step }) => step > afterStep);
}

/** All that was measured of a run, in the order of steps. */
export async function readProbes(store: ObjectStore, run: string): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  for await (const { key } of store.list(keys.probes(run)))
    if (!key.endsWith('.failed.json')) results.push(await requireJson(store, key, probeResultSchema));
  return results;
}

/** Where the figures of a list of runs come from. */
export interface FigureSources {
  store: ObjectStore;
  live: LiveRuns;
  curves: Pick<Curves, 'lastStep'>;
  probes: Pick<ProbeFigures, 'of'>;
}

/** One line about a run: what it is, where it stands, what it reached. */
export async function summarise(
  { store, live, curves, probes }: FigureSources,
  { spec, head }: { spec: RunSpec; head: RunHead },
): Promise<RunSummary> {
  const { run, state, reason, remedy, createdAt } = head;
  const last = live.last(run);
  const committed = head.checkpoints.at(-1)?.step ?? 0;
  const [totalSteps, { title, tags, notes }, { knn, linear }, lastCommitted] = await Promise.all([
    stepsOf(store, run, spec),
    readAbout(store, run),
    probes.of(run),
    curves.lastStep(head),
  ]);
  return {
    run,
    state,
    reason,
    remedy,
    recipe: spec.recipe,
    method: spec.method.name,
    backbone: spec.backbone.name,
    dataset: spec.dataset.name,
    precision: spec.precision,
    batch: spec.batch,
    seed: spec.seed,
    specGroup: specGroup(spec),
    epochs: totalSteps && Math.ceil(totalSteps / stepsPerEpoch(spec.dataset.trainSamples, spec.batch)),
    step: overStates.has(state) ? committed : Math.max(last?.step ?? 0, committed),
    totalSteps,
    loss: (last ?? lastCommitted)?.loss ?? null,
    imagesPerSecond: last?.imagesPerSecond ?? null,
    knn,
    linear,
    about: { title, tags, notes },
    createdAt,
  };
}

const groups = new WeakMap<RunSpec, string>();

/** What runs share that differ in seed alone. Specs are kept by `Runs`, so each is hashed once. */
function specGroup(spec: RunSpec): string {
  const { seed: _, ...rest } = spec;
  const hash = groups.get(spec) ?? hashJson(rest);
  groups.set(spec, hash);
  return hash;
}

/** Steps that the run will take; null until its worker has timed a budget in minutes. */
async function stepsOf(store: ObjectStore, run: string, spec: RunSpec): Promise<number | null> {
  const planned = plannedSteps(spec);
  if (planned !== undefined) return planned;
  return (await getJson(store, keys.runResolved(run), runResolvedSchema))?.value.totalSteps ?? null;
}
