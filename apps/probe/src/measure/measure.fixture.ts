import {
  type DatasetIndex,
  hashJson,
  keys,
  newRunHead,
  type ProbeJob,
  type RunHead,
  type RunSpec,
  runSpecSchema,
  sha256Text,
} from '#lib/contracts';
import { initialise } from '#lib/nn';
import { writeSmallShard } from '#lib/shards';
import { jsonBytes, type ObjectStore, sha256 } from '#lib/storage';
import { patternImage } from '#lib/testing';
import { encodeCheckpoint, freshStopper, instanceOfSpec } from '#lib/training';

export const size = 8;
const classes = ['ant', 'bee', 'cat'];
const contentHash = sha256Text('content');

async function putShard(store: ObjectStore, split: 'train' | 'tune' | 'eval', count: number, from: number) {
  const entries = Array.from({ length: count }, (_, i) => ({
    id: `${split}/${from + i}.png`,
    class: (from + i) % classes.length,
    bytes: patternImage({ label: (from + i) % classes.length, index: from + i, size, seed: split.length }),
  }));
  const bytes = writeSmallShard({ height: size, width: size, channels: 3, entries });
  const key = keys.shard(sha256(bytes), 'small');
  await store.create(key, bytes);
  return { split, key, sizeBytes: bytes.length, samples: count, sha256: sha256(bytes) };
}

/** A dataset of three classes: 30 images of train in two shards, 9 of tune, 12 of eval. */
export async function putDataset(store: ObjectStore): Promise<DatasetIndex> {
  const index: DatasetIndex = {
    format: 'unlabel.dataset-index',
    version: 1,
    images: { kind: 'small', width: size, height: size },
    classes: classes.map((name) => ({ folder: name, name })),
    splits: { train: 30, tune: 9, eval: 12 },
    classCounts: { train: [10, 10, 10], tune: [3, 3, 3], eval: [4, 4, 4] },
    shards: [
      await putShard(store, 'train', 18, 0),
      await putShard(store, 'train', 12, 18),
      await putShard(store, 'tune', 9, 0),
      await putShard(store, 'eval', 12, 0),
    ],
    setAside: { count: 0, first: [] },
  };
  await store.create(keys.datasetIndex('patterns', contentHash), jsonBytes(index));
  return index;
}

/** A SimSiam run on these images; `change` goes over it. */
export function tinySpec(change: Record<string, unknown> = {}): RunSpec {
  return runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'tiny',
    dataset: { name: 'patterns', contentHash, trainSamples: 30 },
    method: { name: 'simsiam', options: { projectorWidth: 8, predictorWidth: 4 } },
    backbone: { name: 'resnet20-v2', options: {} },
    image: { size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size }] }] },
    blockSamples: 16,
    groupShards: 2,
    windowBlocks: 1,
    optimiser: { name: 'sgd' },
    schedule: { name: 'constant' },
    learningRate: { base: 0.1, scaleByBatch: false },
    batch: 8,
    epochs: 2,
    seed: 1,
    precision: 'float32',
    engine: 'captured',
    checkpoint: { everyEpochs: 1, everySeconds: 60, keep: 2 },
    earlyStopping: null,
    probe: {
      kinds: ['knn'],
      k: 3,
      temperature: 0.1,
      inverseRegularisation: 1,
      trainSamples: null,
      linearSgd: { epochs: 2, batch: 10 },
      fineTune: { epochs: 2, batch: 10 },
    },
    ...change,
  });
}

/** Writes the run's spec, a checkpoint at step 10 (weights of another seed than the untrained ones), and its head. */
export async function putRun(store: ObjectStore, run: string, spec: RunSpec, built: RunSpec = spec): Promise<void> {
  const { parameters } = instanceOfSpec(built);
  const shapes = Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
  const cursor = { epoch: 2, batch: 0 };
  const training = { step: 10, cursor, stopper: freshStopper([]), ended: null, state: initialise(parameters, 7) };
  const ties = { specHash: hashJson(spec), seed: spec.seed };
  const { manifest, files } = encodeCheckpoint(training, ties, shapes, new Set(), sha256);
  const folder = keys.checkpoint(run, 10, 1);
  await store.create(keys.checkpointFile(folder, 'manifest.json'), jsonBytes(manifest));
  for (const [file, bytes] of Object.entries(files)) await store.create(keys.checkpointFile(folder, file), bytes);
  const at = '2026-01-01T00:00:00.000Z';
  const head: RunHead = {
    ...newRunHead(run, at),
    attempt: 1,
    nonce: 'test',
    state: 'running',
    checkpoints: [{ step: 10, cursor, kind: 'fixed', folder, sizeBytes: 1 }],
    trainSeconds: 1,
  };
  await store.create(keys.runSpec(run), jsonBytes(spec));
  await store.create(keys.runHead(run), jsonBytes(head));
}

export function probeJob(run: string, change: Partial<ProbeJob>): ProbeJob {
  const job = {
    version: 1,
    target: 'run',
    run,
    step: 10,
    kind: 'knn',
    split: 'eval',
    traceId: run,
    ...change,
  } as const;
  return { ...job, key: keys.probe(run, job.step, job.kind, job.split) };
}
