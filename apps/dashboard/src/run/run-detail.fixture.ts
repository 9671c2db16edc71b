import {
  newRunHead,
  probeOptionsSchema,
  type ProbeResult,
  type RunDetail,
  type RunHead,
  type RunSpec,
  runSpecSchema,
} from '#lib/contracts';

import { summary } from '../runs/run-summary.fixture.ts';

const hash = 'c'.repeat(64);

/** A small spec, for tests. */
export const tinySpec = (change: Partial<RunSpec> = {}): RunSpec =>
  runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'simsiam',
    dataset: { name: 'pets', contentHash: hash, trainSamples: 40 },
    method: { name: 'simsiam', options: { projectorWidth: 16 } },
    backbone: { name: 'resnet20-v2', options: {} },
    image: { size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size: 32 }] }] },
    blockSamples: 64,
    groupShards: 4,
    windowBlocks: 2,
    optimiser: { name: 'sgd' },
    schedule: { name: 'constant' },
    learningRate: { base: 0.1, scaleByBatch: true },
    batch: 8,
    epochs: 2,
    seed: 1,
    precision: 'float32',
    engine: 'captured',
    checkpoint: { everyEpochs: 1, everySeconds: 60, keep: 2 },
    earlyStopping: null,
    probe: probeOptionsSchema.parse({
      kinds: ['knn'],
      k: 5,
      temperature: 0.1,
      inverseRegularisation: 1,
      trainSamples: null,
    }),
    ...change,
  });

/** A run as control tells of it, for tests. */
export function runDetail(head: Partial<RunHead> = {}, change: Partial<RunDetail> = {}): RunDetail {
  const whole: RunHead = { ...newRunHead('one', '2026-01-01T00:00:00.000Z'), ...head };
  const { state, reason, remedy } = whole;
  return {
    summary: summary('one', { state, reason, remedy }),
    spec: tinySpec(),
    model: null,
    resolved: null,
    head: whole,
    probes: [],
    probesPending: [],
    ...change,
  };
}

/** What a probe found on two classes, for tests. */
export function probeOf(step: number, kind: ProbeResult['kind'], change: Partial<ProbeResult> = {}): ProbeResult {
  const scores = { precision: 0.5, recall: 0.5, f1: 0.5 };
  return {
    format: 'unlabel.probe',
    version: 1,
    kind,
    encoder: step === 0 ? { kind: 'untrained', run: 'one' } : { kind: 'checkpoint', run: 'one', step },
    measuredOn: { dataset: 'pets', contentHash: hash, split: 'eval', trainSamples: 40, evalSamples: 8, featureSize: 4 },
    options: {},
    figures: null,
    top1: 0.5,
    top5: null,
    perClass: [
      { name: 'cat', ...scores, support: 4 },
      { name: 'dog', ...scores, support: 4 },
    ],
    macro: scores,
    weighted: scores,
    confusion: [
      [3, 1],
      [0, 4],
    ],
    report: '',
    seconds: 1,
    codeVersion: '0.0.0',
    device: 'cpu',
    ...change,
  };
}
