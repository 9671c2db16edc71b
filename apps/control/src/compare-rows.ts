import {
  type CompareRow,
  flattenSettings,
  hashJson,
  startingEncoder,
  type ProbeResult,
  type RunHead,
  type RunResolved,
  type RunSpec,
  settingsThatDiffer,
  settingText,
} from '#lib/contracts';

import type { RunLabel } from './experiments.ts';

/** All that a table needs of a run. */
export interface ComparedRun {
  run: string;
  spec: RunSpec;
  head: RunHead;
  resolved: RunResolved | undefined;
  /** measured on eval */
  probes: ProbeResult[];
  label: RunLabel;
}

type Figures = Pick<CompareRow, 'knn' | 'linear' | 'macroF1' | 'rankMe'>;
const figureNames = ['knn', 'linear', 'macroF1', 'rankMe'] as const;

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
  rankMe: null,
  seeds: [],
  spread: null,
  reported: null,
  parameters: null,
});

function figures(results: ProbeResult[]): Figures {
  const of = (kind: ProbeResult['kind']) => results.findLast((result) => result.kind === kind);
  return {
    knn: of('knn')?.top1 ?? null,
    linear: of('linear')?.top1 ?? null,
    macroF1: of('linear')?.macro.f1 ?? null,
    rankMe: results.findLast((result) => result.figures !== null)?.figures?.rankMe ?? null,
  };
}

/** Raw pixels of a split, a row for each way in which they were measured. @param measured with the settings of each way */
export function pixelsRows(measured: { results: ProbeResult[]; settings: object }[]): CompareRow[] {
  const there = measured.filter(({ results }) => results.length > 0);
  const labels = toldApart(there.map(({ settings }) => ({ label: 'raw pixels', settings })));
  return there.map(({ results }, i) => ({ ...emptyRow('pixels', labels[i] as string), ...figures(results) }));
}

/** Labels, those that are alike with the settings in which they differ: two rows of one name would puzzle. */
function toldApart(rows: { label: string; settings: object }[]): string[] {
  return rows.map(({ label, settings }) => {
    const alike = rows.filter((row) => row.label === label);
    const own = flattenSettings(settings);
    const differing = settingsThatDiffer(alike.map((row) => row.settings)).map(
      ({ key }) => `${key} ${settingText(own.get(key))}`,
    );
    return [label, ...differing].join(', ');
  });
}

/** A row for each distinct encoder before its first step: what is drawn depends on backbone and seed, not on the method. */
export function untrainedRows(compared: ComparedRun[]): CompareRow[] {
  const isUntrained = ({ encoder }: ProbeResult) => encoder.kind === 'untrained';
  const settings = ({ spec: { backbone, image, probe } }: ComparedRun) => ({ backbone, image, probe });
  const measured = grouped(compared, (run) => hashJson(settings(run))).flatMap(
    (runs) => runs.find(({ probes }) => probes.some(isUntrained)) ?? [],
  );
  const labels = toldApart(
    measured.map((run) => ({ label: startingEncoder(run.spec.backbone), settings: settings(run) })),
  );
  return measured.map(({ spec: { backbone, seed }, probes }, i) => ({
    ...emptyRow('untrained', labels[i] as string),
    backbone: backbone.name,
    seeds: [seed],
    ...figures(probes.filter(isUntrained)),
  }));
}

/** A row a run, oldest first, or in the order given; after the runs of one spec with several seeds, their mean. */
export function runRows(compared: ComparedRun[]): CompareRow[] {
  const bySpec = ({ label, spec: { seed: _, ...spec } }: ComparedRun) => hashJson({ spec, label: groupLabel(label) });
  return grouped(compared, bySpec).flatMap((runs) => {
    const isGroup = new Set(runs.map(({ spec }) => spec.seed)).size > 1;
    const rows = runs.map((run) => runRow(run, isGroup));
    return isGroup ? [...rows, groupRow(rows, runs)] : rows;
  });
}

/** Runs of one spec in a plain comparison have their ids as labels, which differ. */
const groupLabel = ({ label, isId }: RunLabel): string | null => (isId ? null : label);

function runRow({ run, spec, head, resolved, probes, label }: ComparedRun, isOneOfSeveral: boolean): CompareRow {
  const step = head.checkpoints.at(-1)?.step ?? 0;
  const imagesSeen = step * spec.batch;
  return {
    ...emptyRow('run', isOneOfSeveral ? `${label.label}, seed ${spec.seed}` : label.label),
    run,
    method: spec.method.name,
    backbone: spec.backbone.name,
    state: head.state,
    epochs: resolved ? step / resolved.stepsPerEpoch : null,
    imagesSeen,
    trainSeconds: head.trainSeconds,
    imagesPerSecond: head.trainSeconds > 0 ? imagesSeen / head.trainSeconds : null,
    ...figures(probes.filter(({ encoder }) => encoder.kind === 'checkpoint')),
    seeds: [spec.seed],
    reported: label.reported,
    parameters: resolved?.parameters ?? null,
  };
}

/** Mean and spread of runs that differ in seed alone. */
function groupRow(rows: CompareRow[], runs: ComparedRun[]): CompareRow {
  const [first] = rows as [CompareRow];
  const { label } = runs[0] as ComparedRun;
  const statistics = Object.fromEntries(
    figureNames.map((name) => [name, meanAndSpread(rows.flatMap((row) => row[name] ?? []))]),
  ) as Record<(typeof figureNames)[number], { mean: number | null; spread: number | null }>;
  const mean = (of: (row: CompareRow) => number | null) => meanAndSpread(rows.flatMap((row) => of(row) ?? [])).mean;
  const each = <K extends 'mean' | 'spread'>(what: K) => ({
    knn: statistics.knn[what],
    linear: statistics.linear[what],
    macroF1: statistics.macroF1[what],
    rankMe: statistics.rankMe[what],
  });
  return {
    ...first,
    row: 'group',
    label: `${label.isId ? first.method : label.label}, ${rows.length} seeds`,
    run: null,
    state: null,
    epochs: mean(({ epochs }) => epochs),
    imagesSeen: Math.round(mean(({ imagesSeen }) => imagesSeen) ?? 0),
    trainSeconds: mean(({ trainSeconds }) => trainSeconds),
    imagesPerSecond: mean(({ imagesPerSecond }) => imagesPerSecond),
    ...each('mean'),
    spread: each('spread'),
    seeds: rows.flatMap(({ seeds }) => seeds),
  };
}

/** Mean and standard deviation (n − 1); null where there is nothing to take them of. */
export function meanAndSpread(values: number[]): { mean: number | null; spread: number | null } {
  if (values.length === 0) return { mean: null, spread: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, spread: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / (values.length - 1)) };
}

/** Items of equal keys together, in the order of their first. */
export function grouped<T>(items: T[], key: (item: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return [...found.values()];
}
