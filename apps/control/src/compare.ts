import {
  type CompareRow,
  type Comparison,
  ConflictError,
  hashJson,
  keys,
  pixelsHash,
  type ProbeResult,
  probeResultSchema,
  type RunHead,
  type RunResolved,
  runResolvedSchema,
  type RunSpec,
  UsageError,
} from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import type { Datasets } from './datasets.ts';
import type { Runs } from './runs.ts';

interface ComparedRun {
  run: string;
  spec: RunSpec;
  head: RunHead;
  resolved: RunResolved | undefined;
  probes: ProbeResult[];
}

/**
 * One table of runs on one dataset, led by the baselines of the same split: raw pixels, and each run's encoder untrained.
 * @throws UsageError if the runs are of different datasets
 */
export async function compareRuns(
  store: ObjectStore,
  runs: Runs,
  datasets: Datasets,
  which: { runs: string[]; dataset?: string | undefined },
): Promise<Comparison> {
  const names = which.runs.length > 0 ? [...new Set(which.runs)] : await runs.names();
  let compared = await Promise.all(names.map((run) => openRun(store, runs, run)));
  if (which.runs.length === 0) {
    const name =
      which.dataset ??
      compared.toSorted((a, b) => (a.head.createdAt < b.head.createdAt ? 1 : -1))[0]?.spec.dataset.name;
    if (name === undefined)
      throw new ConflictError('there is no run to compare yet', {
        remedy: 'start one: ./unlabel run simsiam --dataset NAME',
      });
    const { head } = await datasets.ready(name);
    compared = compared.filter(
      ({ spec }) => spec.dataset.name === name && spec.dataset.contentHash === head.contentHash,
    );
    if (compared.length === 0)
      throw new ConflictError(`dataset ${name} has no run yet`, {
        remedy: `start one: ./unlabel run simsiam --dataset ${name}`,
      });
  }
  const [first] = compared;
  if (!first) throw new ConflictError('there is no run to compare');
  checkSameData(compared, first, which.dataset);
  return table(store, compared, first);
}

function checkSameData(compared: ComparedRun[], first: ComparedRun, dataset: string | undefined): void {
  const remedy = 'compare runs of one dataset; figures of different splits say nothing about each other';
  const data = ({ spec }: ComparedRun) => `${spec.dataset.name} ${spec.dataset.contentHash.slice(0, 8)}`;
  const other = compared.find(({ spec }) => spec.dataset.contentHash !== first.spec.dataset.contentHash);
  if (other)
    throw new UsageError(`runs ${first.run} and ${other.run} are of different data (${data(first)}, ${data(other)})`, {
      field: 'runs',
      remedy,
    });
  if (dataset !== undefined && dataset !== first.spec.dataset.name)
    throw new UsageError(`run ${first.run} is of dataset ${first.spec.dataset.name}, not of ${dataset}`, {
      field: 'dataset',
      remedy,
    });
}

async function openRun(store: ObjectStore, runs: Runs, run: string): Promise<ComparedRun> {
  const [spec, head, probes] = await Promise.all([runs.spec(run), runs.head(run), runs.probes(run)]);
  const resolved = await getJson(store, keys.runResolved(run), runResolvedSchema);
  return { run, spec, head, resolved: resolved?.value, probes };
}

async function table(store: ObjectStore, compared: ComparedRun[], first: ComparedRun): Promise<Comparison> {
  const rows: CompareRow[] = [];
  const measured: ProbeResult[] = [];
  for (const { spec } of distinct(compared, ({ spec }) => pixelsHash(spec))) {
    const results = await pixelResults(store, spec);
    measured.push(...results);
    if (results.length > 0) rows.push({ ...emptyRow('pixels', 'raw pixels'), ...figures(results) });
  }
  for (const { spec, probes } of distinct(compared, ({ spec }) => untrainedHash(spec))) {
    const results = probes.filter(({ encoder }) => encoder.kind === 'untrained');
    if (results.length > 0)
      rows.push({
        ...emptyRow('untrained', `untrained ${spec.backbone.name}`),
        backbone: spec.backbone.name,
        ...figures(results),
      });
  }
  for (const run of compared.toSorted((a, b) => (a.head.createdAt < b.head.createdAt ? -1 : 1))) {
    rows.push(runRow(run));
    measured.push(...run.probes);
  }
  const [on] = measured;
  const sizes = new Set(
    measured.map(
      ({ measuredOn, kind }) => `${kind}: ${measuredOn.trainSamples} of train, ${measuredOn.evalSamples} of eval`,
    ),
  );
  const perKind = new Set(measured.map(({ kind }) => kind)).size;
  return {
    dataset: first.spec.dataset.name,
    contentHash: first.spec.dataset.contentHash,
    trainSamples: on?.measuredOn.trainSamples ?? 0,
    evalSamples: on?.measuredOn.evalSamples ?? 0,
    rows,
    notes: sizes.size > perKind ? [`not all rows were measured alike: ${[...sizes].join('; ')}`] : [],
  };
}

/** Equal for runs that start from the same weights and are probed alike. */
const untrainedHash = ({ method, backbone, image, seed, probe }: RunSpec): string =>
  hashJson({ method, backbone, image, seed, probe });

function distinct<T>(items: T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

async function pixelResults(store: ObjectStore, spec: RunSpec): Promise<ProbeResult[]> {
  const found = await Promise.all(
    spec.probe.kinds.map((kind) =>
      getJson(store, keys.pixelBaseline(spec.dataset.name, pixelsHash(spec), kind), probeResultSchema),
    ),
  );
  return found.flatMap((result) => result?.value ?? []);
}

const emptyRow = (row: CompareRow['row'], label: string): CompareRow => ({
  row,
  label,
  run: null,
  method: null,
  backbone: null,
  state: null,
  epochs: null,
  imagesSeen: null,
  trainSeconds: null,
  imagesPerSecond: null,
  knn: null,
  linear: null,
  macroF1: null,
  parameters: null,
});

function figures(results: ProbeResult[]): Pick<CompareRow, 'knn' | 'linear' | 'macroF1'> {
  const of = (kind: ProbeResult['kind']) => results.findLast((result) => result.kind === kind);
  return { knn: of('knn')?.top1 ?? null, linear: of('linear')?.top1 ?? null, macroF1: of('linear')?.macro.f1 ?? null };
}

function runRow({ run, spec, head, resolved, probes }: ComparedRun): CompareRow {
  const step = head.checkpoints.at(-1)?.step ?? 0;
  const imagesSeen = step * spec.batch;
  return {
    ...emptyRow('run', run),
    run,
    method: spec.method.name,
    backbone: spec.backbone.name,
    state: head.state,
    epochs: resolved ? step / resolved.stepsPerEpoch : null,
    imagesSeen,
    trainSeconds: head.trainSeconds,
    imagesPerSecond: head.trainSeconds > 0 ? imagesSeen / head.trainSeconds : null,
    ...figures(probes.filter(({ encoder }) => encoder.kind === 'checkpoint')),
    parameters: resolved?.parameters ?? null,
  };
}
