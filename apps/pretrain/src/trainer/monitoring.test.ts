import { beforeAll, expect, test } from 'vitest';

import {
  canonicalJson,
  type CheckpointEntry,
  type DatasetIndex,
  type FromTrainer,
  hashJson,
  keys,
  type Monitors,
  runResolvedSchema,
  type RunSpec,
  runSpecSchema,
  sha256Text,
} from '#lib/contracts';
import { native } from '#lib/engine';
import { writeSmallShard, writeViewBlock } from '#lib/shards';
import { jsonBytes, type ObjectStore, openMemoryStore, sha256 } from '#lib/storage';

import { Training } from './training.ts';

const size = 8;
const samples = 16;
const viewsHash = sha256Text('views');
const contentHash = sha256Text('content');
let store: ObjectStore;

/** A picture whose brightness and direction say its class; number and view move it. */
function picture(label: number, number: number): Uint8Array {
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    return Math.round(127 + 100 * Math.sin((label === 0 ? x : y) + number / 7 + (i % 3)));
  });
}

async function putShard(split: 'train' | 'tune', count: number): Promise<DatasetIndex['shards'][number]> {
  const entries = Array.from({ length: count }, (_, i) => ({
    id: `${split}/${i}.png`,
    class: i % 2,
    bytes: picture(i % 2, split === 'tune' ? i + 100 : i),
  }));
  const bytes = writeSmallShard({ height: size, width: size, channels: 3, entries });
  const key = keys.shard(sha256(bytes), 'small');
  await store.create(key, bytes);
  return { split, key, sizeBytes: bytes.length, samples: count, sha256: sha256(bytes) };
}

beforeAll(async () => {
  store = openMemoryStore();
  const shards = [await putShard('train', samples), await putShard('tune', 6)];
  const index: DatasetIndex = {
    format: 'unlabel.dataset-index',
    version: 1,
    images: { kind: 'small', width: size, height: size },
    classes: ['across', 'down'].map((name) => ({ folder: name, name })),
    splits: { train: samples, tune: 6, eval: 0 },
    classCounts: { train: [8, 8], tune: [3, 3], eval: [0, 0] },
    shards,
    setAside: { count: 0, first: [] },
  };
  await store.create(keys.datasetIndex('waves', contentHash), jsonBytes(index));
  for (const epoch of [0, 1]) {
    const views = [0, 1].map((view) => ({
      height: size,
      width: size,
      channels: 3,
      data: Uint8Array.from(
        Array.from({ length: samples }, (_, i) => [...picture(i % 2, i + view + 10 * epoch)]).flat(),
      ),
    }));
    const numbers = Uint32Array.from({ length: samples }, (_, i) => i);
    await store.create(keys.viewBlock(viewsHash, epoch, 0), writeViewBlock({ views, samples: numbers }));
  }
});

const monitors: Monitors = {
  everySteps: 1,
  samples: 10,
  onlineKnn: { bankSamples: 16, querySamples: 6, k: 3, temperature: 0.1 },
};

function specOf(change: Partial<RunSpec>): RunSpec {
  return runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'waves',
    dataset: { name: 'waves', contentHash, trainSamples: samples },
    method: { name: 'simsiam', options: { projectorLayers: 2, projectorWidth: 16, predictorWidth: 8 } },
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    image: { size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size }] }] },
    blockSamples: samples,
    groupShards: 1,
    windowBlocks: 1,
    optimiser: { name: 'sgd', momentum: 0.9 },
    schedule: { name: 'constant' },
    learningRate: { base: 0.1, scaleByBatch: false },
    batch: 8,
    epochs: 2,
    seed: 3,
    precision: 'float32',
    engine: 'captured',
    checkpoint: { everyEpochs: 1, everySeconds: 1000, keep: 2 },
    earlyStopping: null,
    probe: { kinds: [], k: 3, temperature: 0.1, inverseRegularisation: 1, trainSamples: null },
    ...change,
  });
}

/** Trains as the child process does; returns its metrics, its end and the sha256 of each file of its last checkpoint. */
async function trained(run: string, spec: RunSpec, resume: CheckpointEntry | null = null) {
  const messages: FromTrainer[] = [];
  const resolved = runResolvedSchema.parse({
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: hashJson(spec),
    viewsHash,
    stepsPerEpoch: 2,
    totalSteps: 4,
    device: native().device,
    intraOpThreads: 1,
    interOpThreads: 1,
    parameters: 1,
  });
  const start = { type: 'start', run, attempt: 1, storage: 'memory:', spec, resolved, resume } as const;
  const training: Training = new Training({ ...start, trainSeconds: 0, waitSeconds: 0 }, store, (message) => {
    messages.push(message);
    if (message.type === 'checkpoint') training.receive({ type: 'committed', step: message.entry.step });
  });
  const end = await training.run();
  const entries = messages.flatMap((message) => (message.type === 'checkpoint' ? [message.entry] : []));
  const lines = messages.flatMap((message) => (message.type === 'step' ? [message.metrics] : []));
  return { end, entries, lines, files: entries.length > 0 ? await filesOf(entries.at(-1) as CheckpointEntry) : '' };
}

async function filesOf({ folder }: CheckpointEntry): Promise<string> {
  const manifest = await store.get(keys.checkpointFile(folder, 'manifest.json'));
  const { files } = JSON.parse(new TextDecoder().decode(manifest?.bytes)) as { files: object };
  return canonicalJson(files);
}

const endless = { on: 'online-knn' as const, patienceReadings: 9, minChange: 0 };
const watchedSpec = () => specOf({ monitors, earlyStopping: [endless] });
let watched: Awaited<ReturnType<typeof trained>>;

test('a run with monitors has the byte-identical weights and losses of one without', async () => {
  const without = await trained('without', specOf({ monitors: null }));
  watched = await trained('watched', watchedSpec());
  expect(watched.files).toBe(without.files);
  expect(watched.lines.map(({ loss }) => loss)).toEqual(without.lines.map(({ loss }) => loss));
  expect(without.lines.every(({ monitors }) => monitors === undefined)).toBe(true);
  for (const { monitors } of watched.lines) {
    expect(monitors?.embeddingSize).toBe(32);
    expect(monitors?.embeddingStd).toBeGreaterThan(0);
    expect(monitors?.rankMe).toBeGreaterThanOrEqual(1);
    expect(monitors?.onlineKnn).toBeGreaterThanOrEqual(0.5);
  }
  const stds = watched.lines.map(({ monitors }) => monitors?.embeddingStd);
  expect(new Set(stds).size).toBe(4); // of the encoder as it is at each step
}, 240_000);

test('a run that goes on from a checkpoint reads what the undisturbed one reads', async () => {
  const rest = await trained('rest', watchedSpec(), watched.entries[0] as CheckpointEntry);
  const figures = (lines: typeof rest.lines) => lines.map(({ monitors }) => ({ ...monitors, monitorSeconds: 0 }));
  expect(figures(rest.lines)).toEqual(figures(watched.lines).slice(2));
  expect(rest.files).toBe(watched.files);
}, 240_000);

test('a monitor that ends a run names itself in its last word, and again where the run is resumed at its end', async () => {
  const spec = specOf({ monitors, earlyStopping: [{ on: 'rankme', patienceReadings: 1, minChange: 100 }] });
  const stopped = await trained('stopped', spec);
  expect(stopped.end).toMatchObject({ type: 'ended', how: 'early-stopping', step: 2 });
  expect(stopped.end).toMatchObject({
    reason: expect.stringContaining('stopped early at step 2: rankme did not rise'),
  });
  const again = await trained('stopped', spec, stopped.entries.at(-1) as CheckpointEntry);
  expect(again.end).toEqual(stopped.end);
  expect(again.lines).toEqual([]);
}, 240_000);
