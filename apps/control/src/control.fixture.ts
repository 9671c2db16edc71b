import {
  type DatasetHead,
  type DeadLetter,
  type DatasetIndex,
  type IngestRequest,
  keys,
  NotFoundError,
  type ProbeKind,
  probeOptionsSchema,
  type ProbeResult,
  type Recipe,
  type RunHead,
  runHeadSchema,
  type WorkerPresence,
  type RunModel,
} from '#lib/contracts';
import { jsonBytes, openMemoryStore, requireJson } from '#lib/storage';

import { Control, type ControlOptions } from './control.ts';
import type { DeadLetterPort } from './dead-letters.ts';
import type { HeldState } from './run-log.ts';

export const sha = (digit: string): string => digit.repeat(64);

/** An index of 40 images of train and 8 of eval. */
export function tinyIndex(change: Partial<DatasetIndex> = {}): DatasetIndex {
  return {
    format: 'unlabel.dataset-index',
    version: 1,
    images: { kind: 'small', width: 32, height: 32 },
    classes: ['cat', 'dog'].map((name) => ({ folder: name, name })),
    splits: { train: 40, tune: 2, eval: 8 },
    classCounts: { train: [20, 20], tune: [1, 1], eval: [4, 4] },
    shards: [
      {
        split: 'train',
        key: keys.shard(sha('a'), 'small'),
        sizeBytes: 1000,
        samples: 40,
        sha256: sha('a'),
      },
    ],
    setAside: { count: 0, first: [] },
    ...change,
  };
}

/** A small recipe: SimSiam on one ResNet, batches of 8. */
export const tinyRecipe: Recipe = {
  title: 'Tiny',
  description: 'for tests',
  method: { name: 'simsiam', options: { projectorWidth: 16, predictorWidth: 8 } },
  backbone: { name: 'resnet20-v2', options: {}, weights: null },
  image: { size: 'dataset', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  views: {
    version: 1,
    views: [{ count: 2, operations: [{ op: 'random-resized-crop', size: 'image' }] }],
  },
  blockSamples: 'auto',
  groupShards: 4,
  windowBlocks: 2,
  optimiser: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
  schedule: { name: 'warmup-cosine', warmupEpochs: 0, endFactor: 0, per: 'step' },
  gradientClip: null,
  learningRate: { base: 0.1, scaleByBatch: true },
  batch: 8,
  epochs: 2,
  budget: null,
  seed: 1,
  precision: 'float32',
  engine: 'captured',
  checkpoint: { everyEpochs: 1, everySeconds: 60, keep: 2 },
  monitors: null,
  earlyStopping: null,
  probe: {
    ...probeOptionsSchema.parse({
      kinds: ['knn'],
      k: 5,
      temperature: 0.1,
      inverseRegularisation: 1,
      trainSamples: null,
    }),
    pictures: 'none',
  },
};

export const tinyModel: RunModel = {
  format: 'unlabel.run-model',
  version: 1,
  layers: [
    { layer: 'encoder.conv', outputShape: [32, 32, 16], parameters: 432 },
    { layer: 'projector', outputShape: null, parameters: 100 },
  ],
  parameters: 532,
  memory: { hostBytes: 6e8, deviceBytes: 9e8, stateBytes: 4256, stepBytes: 1e8 },
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A stream of dead letters that holds these; those retried or dropped are gone. */
export function letters(held: DeadLetter[]): DeadLetterPort & { retried: string[] } {
  const retried: string[] = [];
  const take = async (subject: string) => {
    const at = held.findIndex((letter) => letter.subject === subject);
    if (at < 0) throw new NotFoundError(`dead letters: there is none of ${subject}`);
    return held.splice(at, 1)[0] as DeadLetter;
  };
  return {
    retried,
    list: async () => [...held],
    drop: take,
    async retry(subject) {
      const letter = await take(subject);
      retried.push(subject);
      return letter;
    },
  };
}

/** Control over a memory store; what it publishes is kept. */
export function tinyControl(options: Partial<ControlOptions> = {}) {
  const store = openMemoryStore();
  const published: { subject: string; job: object }[] = [];
  const announced: HeldState[] = [];
  const control = new Control({
    version: '0.0.0',
    store,
    nats: 'nats://test',
    publish: async (subject, job) => void published.push({ subject, job }),
    recipes: new Map([['tiny', tinyRecipe]]),
    doctor: async () => ({ checks: [] }),
    deadLetters: letters([]),
    states: {
      announce: (event) => void announced.push({ event, atMs: Date.now() }),
      held: async (run) => announced.filter(({ event }) => event.run === run),
    },
    queues: { states: async () => [], deadLetters: async () => 0 },
    viewsBytes: 1e9,
    admission: async (specs) => specs.map(() => ({ model: tinyModel, refusal: null })),
    log: silent,
    ...options,
  });
  control.workers.receive(pretrainWorker('box', 16e9));
  return { store, control, published, announced, subjects: () => published.map(({ subject }) => subject) };
}

/** What a pretraining worker says of itself. */
export const pretrainWorker = (host: string, bytes: number): WorkerPresence => ({
  version: 1,
  type: 'worker-presence',
  stage: 'pretrain',
  worker: `w-${host}`,
  host,
  pid: 1,
  state: 'idle',
  jobs: 0,
  concurrency: 1,
  methods: ['mae', 'simsiam'],
  memory: { device: 'cpu', bytes },
  startedAt: '2026-01-01T00:00:00.000Z',
  at: '2026-01-01T00:00:00.000Z',
});
export type TinyControl = ReturnType<typeof tinyControl>;

/** Writes a dataset's objects as ingest would. */
export async function putDataset(
  { store }: TinyControl,
  dataset: string,
  { contentHash = sha('c'), index = tinyIndex() }: { contentHash?: string; index?: DatasetIndex } = {},
): Promise<void> {
  const at = '2026-01-01T00:00:00.000Z';
  const request: IngestRequest = {
    format: 'unlabel.ingest-request',
    version: 1,
    dataset,
    request: 'r1',
    options: { sources: ['/images'], holdout: 0.1, tune: 0.05, maxPixels: 1000 },
    requestedAt: at,
  };
  const head: DatasetHead = {
    format: 'unlabel.dataset-head',
    version: 1,
    dataset,
    request: 'r1',
    planHash: sha('b'),
    contentHash,
    source: '/images',
    ingestedAt: at,
  };
  await store.create(keys.ingestRequest(dataset, 'r1'), jsonBytes(request));
  await store.create(keys.datasetIndex(dataset, contentHash), jsonBytes(index));
  for (const { key } of index.shards) await store.create(key, jsonBytes({}));
  await store.create(keys.datasetHead(dataset), jsonBytes(head));
}

/** Changes a run's head as its worker would. */
export async function changeHead({ store }: TinyControl, run: string, change: Partial<RunHead>): Promise<void> {
  const key = keys.runHead(run);
  const head = await requireJson(store, key, runHeadSchema);
  await store.replace(key, jsonBytes({ ...head, ...change }), (await store.head(key))?.version);
}

/** The stored head, as it is. */
export const storedHead = ({ store }: TinyControl, run: string): Promise<RunHead> =>
  requireJson(store, keys.runHead(run), runHeadSchema);

/** The mark that the bus leaves beside a head when a run's job is given up. */
export const giveUp = ({ store }: TinyControl, run: string, reason: string): Promise<unknown> =>
  store.create(keys.failedMark(keys.runHead(run)), jsonBytes({ version: 1, reason, remedy: null, strikes: 5 }));

/** A head's changes when a run has ended at step 10. */
export const finished: Partial<RunHead> = {
  state: 'finished',
  attempt: 1,
  trainSeconds: 4,
  checkpoints: [{ step: 10, cursor: { epoch: 2, batch: 0 }, kind: 'final', folder: 'f', sizeBytes: 1 }],
};

export function probeResult(kind: ProbeKind, encoder: ProbeResult['encoder'], top1: number): ProbeResult {
  const scores = { precision: top1, recall: top1, f1: top1 };
  return {
    format: 'unlabel.probe',
    version: 1,
    kind,
    encoder,
    measuredOn: {
      dataset: 'pets',
      contentHash: sha('c'),
      split: 'eval',
      trainSamples: 40,
      evalSamples: 8,
      featureSize: 4,
    },
    options: {},
    figures: null,
    top1,
    top5: null,
    perClass: [],
    macro: scores,
    weighted: scores,
    confusion: [],
    report: '',
    seconds: 1,
    codeVersion: '0.0.0',
    device: 'cpu',
  };
}
