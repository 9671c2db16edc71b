import {
  type Comparison,
  ConflictError,
  keys,
  pixelsHash,
  pixelsSettings,
  type ProbeResult,
  probeResultSchema,
  runResolvedSchema,
  type RunSpec,
  UsageError,
} from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import { type ComparedRun, grouped, pixelsRows, runRows, untrainedRows } from './compare-rows.ts';
import type { Datasets } from './datasets.ts';
import type { RunLabel } from './experiments.ts';
import type { Runs } from './runs.ts';

/**
 * One table of runs on one dataset, led by the baselines of the same split: raw pixels, and each run's encoder untrained.
 * @throws UsageError if the runs are of different datasets
 */
export async function compareRuns(
  store: ObjectStore,
  runs: Runs,
  datasets: Datasets,
  which: { runs: string[]; dataset?: string | undefined; labels?: Map<string, RunLabel> },
): Promise<Comparison> {
  const names = which.runs.length > 0 ? [...new Set(which.runs)] : await runs.names();
  const labelOf = (run: string) => which.labels?.get(run) ?? { label: run, isId: true, reported: null };
  let compared = await Promise.all(names.map((run) => openRun(store, runs, run, labelOf(run))));
  if (![...(which.labels?.values() ?? [])].some(({ isId }) => !isId))
    compared.sort((a, b) => (a.head.createdAt < b.head.createdAt ? -1 : 1)); // an experiment has an order of its own
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

async function openRun(store: ObjectStore, runs: Runs, run: string, label: RunLabel): Promise<ComparedRun> {
  const [spec, head, all] = await Promise.all([runs.spec(run), runs.head(run), runs.probes(run)]);
  const probes = all.filter(({ measuredOn }) => measuredOn.split === 'eval'); // tune decides, eval is reported
  const resolved = await getJson(store, keys.runResolved(run), runResolvedSchema);
  return { run, spec, head, resolved: resolved?.value, probes, label };
}

async function table(store: ObjectStore, compared: ComparedRun[], first: ComparedRun): Promise<Comparison> {
  const pixels = await Promise.all(
    grouped(compared, ({ spec }) => pixelsHash(spec)).map(async ([run]) => {
      const { spec } = run as ComparedRun;
      return { results: await pixelResults(store, spec), settings: pixelsSettings(spec) };
    }),
  );
  const measured = [...pixels.flatMap(({ results }) => results), ...compared.flatMap(({ probes }) => probes)];
  const [on] = measured;
  return {
    dataset: first.spec.dataset.name,
    contentHash: first.spec.dataset.contentHash,
    trainSamples: on?.measuredOn.trainSamples ?? 0,
    evalSamples: on?.measuredOn.evalSamples ?? 0,
    rows: [...pixelsRows(pixels), ...untrainedRows(compared), ...runRows(compared)],
    notes: unlikeNotes(measured),
  };
}

function unlikeNotes(measured: ProbeResult[]): string[] {
  const sizes = new Set(
    measured.map(
      ({ measuredOn, kind }) => `${kind}: ${measuredOn.trainSamples} of train, ${measuredOn.evalSamples} of eval`,
    ),
  );
  const perKind = new Set(measured.map(({ kind }) => kind)).size;
  return sizes.size > perKind ? [`not all rows were measured alike: ${[...sizes].join('; ')}`] : [];
}

async function pixelResults(store: ObjectStore, spec: RunSpec): Promise<ProbeResult[]> {
  const found = await Promise.all(
    spec.probe.kinds.map((kind) =>
      getJson(store, keys.pixelBaseline(spec.dataset.name, pixelsHash(spec), kind), probeResultSchema),
    ),
  );
  return found.flatMap((result) => result?.value ?? []);
}
