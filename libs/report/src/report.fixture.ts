import {
  type CompareRow,
  type Comparison,
  newRunHead,
  type ProbeResult,
  type RunDetail,
  runSpecSchema,
  type RunSpec,
} from '#lib/contracts';

import type { ReportData, ReportRun } from './report-data.ts';

const sha = (digit: string): string => digit.repeat(64);

/** A row of a run, but for what is said otherwise. */
export const rowOf = (change: Partial<CompareRow> = {}): CompareRow => ({
  row: 'run',
  label: 'a run',
  run: change.row === undefined || change.row === 'run' ? (change.label ?? 'a run') : null,
  method: 'simsiam',
  backbone: 'resnet20-v2',
  state: 'finished',
  epochs: 2,
  imagesSeen: 1000,
  trainSeconds: 60,
  imagesPerSecond: 16,
  knn: 0.3,
  linear: 0.4,
  macroF1: 0.39,
  rankMe: 12,
  seeds: [1],
  spread: null,
  reported: null,
  parameters: 123_456,
  ...change,
});

/** Runs of one spec with these figures of the linear probe, and after them their mean, as control makes it; one value: one run. */
export function groupOf(label: string, values: number[]): CompareRow[] {
  const runs = values.map((linear, i) =>
    rowOf({ label: values.length > 1 ? `${label}, seed ${i + 1}` : label, method: label, linear, seeds: [i + 1] }),
  );
  if (runs.length < 2) return runs;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const linear = Math.sqrt(squares / (values.length - 1));
  return [
    ...runs,
    rowOf({
      row: 'group',
      label: `${label}, ${values.length} seeds`,
      method: label,
      linear: mean,
      seeds: runs.flatMap(({ seeds }) => seeds),
      spread: { knn: null, linear, macroF1: null, rankMe: null },
    }),
  ];
}

export const comparisonOf = (rows: CompareRow[]): Comparison => ({
  dataset: 'pets',
  contentHash: sha('c'),
  trainSamples: 40_000,
  evalSamples: 10_000,
  rows,
  notes: [],
});

export const specOf = (change: object = {}): RunSpec =>
  runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'tiny',
    dataset: { name: 'pets', contentHash: sha('c'), trainSamples: 100 },
    method: { name: 'simsiam', options: { projectorWidth: 16 } },
    backbone: { name: 'resnet20-v2', options: {} },
    image: { size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size: 32 }] }] },
    blockSamples: 32,
    groupShards: 1,
    windowBlocks: 2,
    optimiser: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
    schedule: { name: 'constant' },
    learningRate: { base: 0.001, scaleByBatch: false },
    batch: 10,
    epochs: 2,
    seed: 1,
    precision: 'float32',
    engine: 'captured',
    checkpoint: { everyEpochs: 1, everySeconds: 3600, keep: 1 },
    earlyStopping: null,
    probe: { kinds: ['linear'], k: 1, temperature: 0.1, inverseRegularisation: 1, trainSamples: null },
    ...change,
  });

/** What a linear probe of two classes found. */
export const probeOf = (run: string, change: Partial<ProbeResult> = {}): ProbeResult => ({
  format: 'unlabel.probe',
  version: 1,
  kind: 'linear',
  encoder: { kind: 'checkpoint', run, step: 20 },
  measuredOn: {
    dataset: 'pets',
    contentHash: sha('c'),
    split: 'eval',
    trainSamples: 100,
    evalSamples: 10,
    featureSize: 64,
  },
  options: { C: 1 },
  figures: null,
  top1: 0.7,
  top5: null,
  perClass: [
    { name: 'cat', precision: 0.8, recall: 0.8, f1: 0.8, support: 5 },
    { name: 'dog & <fox>', precision: 0.6, recall: 0.6, f1: 0.6, support: 5 },
  ],
  macro: { precision: 0.7, recall: 0.7, f1: 0.7 },
  weighted: { precision: 0.7, recall: 0.7, f1: 0.7 },
  confusion: [
    [4, 1],
    [2, 3],
  ],
  report: '',
  seconds: 1,
  codeVersion: '0.1.0',
  device: 'cpu',
  ...change,
});

/** A run that trained its two epochs, with curves of so many points. */
export function runOf(run: string, { seed = 1, points = 20, loss = -0.5 } = {}): ReportRun {
  const spec = specOf({ seed });
  const step = Array.from({ length: points }, (_, i) => Math.round((20 * (i + 1)) / points));
  const curve = (of: (i: number) => number) => ({ mean: step.map((_, i) => of(i)), min: [], max: [] });
  return {
    detail: detailOf(run, spec),
    curves: {
      run,
      steps: 20,
      stepsPerPoint: 1,
      step,
      epoch: step.map((s) => Math.floor((s - 1) / 10)),
      at: step,
      curves: { loss: curve((i) => loss - i / points), learningRate: curve(() => 0.001) },
    },
    about: { title: null, tags: [], notes: '' },
    log: null,
    defaults: specOf(),
    pictures: [],
    projection: null,
  };
}

const detailOf = (run: string, spec: RunSpec): RunDetail => ({
  summary: {
    run,
    state: 'finished',
    reason: null,
    remedy: null,
    recipe: spec.recipe,
    method: spec.method.name,
    backbone: spec.backbone.name,
    dataset: spec.dataset.name,
    precision: spec.precision,
    batch: spec.batch,
    seed: spec.seed,
    specGroup: sha('f'),
    epochs: spec.epochs,
    step: 20,
    totalSteps: 20,
    loss: -0.9,
    imagesPerSecond: 100,
    knn: null,
    linear: 0.7,
    about: { title: null, tags: [], notes: '' },
    createdAt: '2026-01-01T00:00:00.000Z',
  },
  spec,
  model: null,
  resolved: {
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: sha('d'),
    viewsHash: sha('e'),
    stepsPerEpoch: 10,
    totalSteps: 20,
    trial: null,
    device: 'cpu',
    computation: { precision: 'float32', xla: true, sideBySide: false, why: 'it was fastest', trials: [] },
    intraOpThreads: 2,
    interOpThreads: 2,
    parameters: 123_456,
  },
  head: {
    ...newRunHead(run, '2026-01-01T00:00:00.000Z'),
    state: 'finished',
    attempt: 1,
    trainSeconds: 60,
    waitSeconds: 3,
    checkpoints: [{ step: 20, cursor: { epoch: 2, batch: 0 }, kind: 'final', folder: 'f', sizeBytes: 1_500_000 }],
  },
  probes: [probeOf(run)],
  probesPending: [],
});

export const reportOf = (rows: CompareRow[], runs: ReportRun[]): ReportData => ({
  title: 'Runs on pets',
  madeAt: '2026-01-02T03:04:05.000Z',
  codeVersion: '0.1.0',
  comparison: comparisonOf(rows),
  dataset: null,
  runs,
});
