import {
  keys,
  type ProbeKind,
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

import type { LiveRuns } from './live-runs.ts';
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

/** One line about a run: what it is, where it stands, what it reached. @param probes all that was measured of it */
export async function summarise(
  store: ObjectStore,
  live: LiveRuns,
  { spec, head, probes }: { spec: RunSpec; head: RunHead; probes: ProbeResult[] },
): Promise<RunSummary> {
  const { run, state, reason, remedy, createdAt } = head;
  const last = live.last(run);
  const committed = head.checkpoints.at(-1)?.step ?? 0;
  const [totalSteps, { title, tags, notes }] = await Promise.all([stepsOf(store, run, spec), readAbout(store, run)]);
  const top1 = (kind: ProbeKind) =>
    probes.findLast(
      ({ kind: other, encoder, measuredOn }) =>
        other === kind && encoder.kind === 'checkpoint' && measuredOn.split === 'eval',
    )?.top1 ?? null;
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
    epochs: totalSteps && Math.ceil(totalSteps / stepsPerEpoch(spec.dataset.trainSamples, spec.batch)),
    step: overStates.has(state) ? committed : Math.max(last?.step ?? 0, committed),
    totalSteps,
    loss: last?.loss ?? (await lastLoss(store, live, head)),
    imagesPerSecond: last?.imagesPerSecond ?? null,
    knn: top1('knn'),
    linear: top1('linear'),
    about: { title, tags, notes },
    createdAt,
  };
}

/** Steps that the run will take; null until its worker has timed a budget in minutes. */
async function stepsOf(store: ObjectStore, run: string, spec: RunSpec): Promise<number | null> {
  const planned = plannedSteps(spec);
  if (planned !== undefined) return planned;
  return (await getJson(store, keys.runResolved(run), runResolvedSchema))?.value.totalSteps ?? null;
}

async function lastLoss(store: ObjectStore, live: LiveRuns, head: RunHead): Promise<number | null> {
  const last = head.metrics.at(-1);
  return last ? ((await readMetrics(store, live, head, last.to - 1)).at(-1)?.loss ?? null) : null;
}
