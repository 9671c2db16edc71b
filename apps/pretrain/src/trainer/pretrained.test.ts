import { expect, test } from 'vitest';

import {
  decodeSafetensors,
  encodeSafetensors,
  type FromTrainer,
  hashJson,
  hostTensor,
  keys,
  runSpecSchema,
} from '#lib/contracts';
import { native } from '#lib/engine';
import { buildBackbone, initialise, toTorchState } from '#lib/nn';
import { writeViewBlock } from '#lib/shards';
import { openMemoryStore, sha256 } from '#lib/storage';

import { Training } from './training.ts';

const size = 8;
const samples = 4;
const options = { width: 2, stem: 'cifar' };
const viewsHash = 'b'.repeat(64);
const encoder = buildBackbone('resnet18', options, { height: size, width: size, channels: 3 });
/** No value is 0, which even a step of 1e-30 would move. */
const pretrained = initialise(
  encoder.parameters.map((parameter) => ({ ...parameter, init: { kind: 'normal', std: 1 } })),
  99,
);

/** The file that torchvision would save of such an encoder. */
function weightsFile(): Uint8Array {
  const own = encoder.parameters.map(
    ({ name, shape }) => [name, { shape, data: pretrained[name] as Float32Array }] as const,
  );
  const torch = Object.entries(toTorchState(Object.fromEntries(own)));
  return encodeSafetensors(Object.fromEntries(torch.map(([name, { data, shape }]) => [name, hostTensor(data, shape)])));
}

/** One step of SimSiam with a learning rate that moves nothing, so that its checkpoint holds what the run started from. */
const specOf = (weights: { sha256: string; format: 'torchvision' } | null) =>
  runSpecSchema.parse({
    format: 'unlabel.run-spec',
    version: 1,
    recipe: 'tiny',
    dataset: { name: 'pets', contentHash: 'c'.repeat(64), trainSamples: samples },
    method: { name: 'simsiam', options: { projectorWidth: 8, predictorWidth: 4 } },
    backbone: { name: 'resnet18', options, weights },
    image: { size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: 2, operations: [{ op: 'random-resized-crop', size }] }] },
    blockSamples: samples,
    groupShards: 1,
    windowBlocks: 1,
    optimiser: { name: 'sgd', momentum: 0 },
    schedule: { name: 'constant' },
    learningRate: { base: 1e-30, scaleByBatch: false },
    batch: samples,
    epochs: 1,
    seed: 1,
    precision: 'float32',
    engine: 'eager',
    checkpoint: { everyEpochs: 1, everySeconds: 1000, keep: 1 },
    earlyStopping: null,
    probe: { kinds: [], k: 1, temperature: 0.1, inverseRegularisation: 1, trainSamples: null },
  });

async function trainOnce(spec: ReturnType<typeof specOf>, stored: Record<string, Uint8Array>) {
  const store = openMemoryStore();
  for (const [key, bytes] of Object.entries(stored)) await store.create(key, bytes);
  const view = { height: size, width: size, channels: 3 };
  const data = Uint8Array.from({ length: samples * size * size * 3 }, (_, i) => (i * 37) % 256);
  await store.create(
    keys.viewBlock(viewsHash, 0, 0),
    writeViewBlock({
      samples: Uint32Array.of(0, 1, 2, 3),
      views: [
        { ...view, data },
        { ...view, data: data.slice().reverse() },
      ],
    }),
  );
  const resolved = {
    format: 'unlabel.run-resolved' as const,
    version: 1 as const,
    specHash: hashJson(spec),
    viewsHash,
    stepsPerEpoch: 1,
    totalSteps: 1,
    trial: null,
    device: native().device,
    computation: { precision: 'float32' as const, xla: false, sideBySide: false, why: 'the spec says so', trials: [] },
    intraOpThreads: 1,
    interOpThreads: 1,
    parameters: 1,
  };
  const start = { type: 'start', run: 'one', attempt: 1, storage: '', spec, resolved, resume: null } as const;
  let folder = '';
  const send = (message: FromTrainer): void => {
    if (message.type !== 'checkpoint') return;
    folder = message.entry.folder;
    queueMicrotask(() => training.receive({ type: 'committed', step: message.entry.step }));
  };
  const training: Training = new Training({ ...start, trainSeconds: 0, waitSeconds: 0 }, store, send);
  const ended = await training.run();
  const model = await store.get(keys.checkpointFile(folder, 'model.safetensors'));
  return { ended, tensors: decodeSafetensors((model as { bytes: Uint8Array }).bytes).tensors };
}

const trained = encoder.parameters.filter(({ trainable }) => trainable);

test('a run starts from the pretrained weights that its spec names', async () => {
  const file = weightsFile();
  const spec = specOf({ sha256: sha256(file), format: 'torchvision' });
  const { ended, tensors } = await trainOnce(spec, { [keys.weights(sha256(file))]: file });
  expect(ended).toMatchObject({ type: 'ended', how: 'epochs', step: 1 });
  for (const { name } of trained) expect(tensors[`encoder.${name}`]?.data, name).toEqual(pretrained[name]);
});

test('a run without weights starts from its seed', async () => {
  const { tensors } = await trainOnce(specOf(null), {});
  const kernel = tensors['encoder.conv1.weight']?.data;
  expect(kernel).not.toEqual(pretrained['conv1.weight']);
  expect([...(kernel ?? [])].some((value) => value !== 0)).toBe(true);
});

test('a run whose weights are gone does not start', async () => {
  const missing = trainOnce(specOf({ sha256: 'e'.repeat(64), format: 'torchvision' }), {});
  await expect(missing).rejects.toThrow(`there is no ${keys.weights('e'.repeat(64))}`);
});
