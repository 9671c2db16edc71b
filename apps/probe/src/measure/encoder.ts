import type { Tensor4D } from '@tensorflow/tfjs-core';

import { type CheckpointEntry, FormatError, hashJson, keys, runHeadSchema, type RunSpec } from '#lib/contracts';
import { buildStep } from '#lib/engine';
import type { Features } from '#lib/evaluation';
import { findMethod } from '#lib/methods';
import { initialise, scopeOf } from '#lib/nn';
import { type ObjectStore, requireJson, sha256 } from '#lib/storage';
import { decodeCheckpoint, normaliseImages, parseManifest } from '#lib/training';

import type { SplitImages } from './split-images.ts';

const modelFile = 'model.safetensors';
const batch = 256;

/** An encoder ready to embed: a run's weights at a step; step 0 is the untrained encoder, drawn from the spec's seed. */
export async function openEncoder(store: ObjectStore, run: string, spec: RunSpec, step: number) {
  const method = findMethod(spec.method.name);
  const { size, mean, std } = spec.image;
  const instance = method.build({
    backbone: spec.backbone,
    image: { height: size, width: size, channels: 3 },
    options: method.options.parse(spec.method.options),
  });
  const parameters = instance.parameters.filter(({ name }) => name.startsWith('encoder.'));
  const shapes = Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
  const values = step === 0 ? initialise(parameters, spec.seed) : await trainedWeights(store, run, spec, step, shapes);
  const built = buildStep(
    (state, { images }) => ({
      state: {},
      outputs: { features: instance.features(scopeOf(state, false), normaliseImages(images as Tensor4D, mean, std)) },
    }),
    {
      engine: spec.engine,
      state: Object.fromEntries(
        parameters.map(({ name, shape }) => [name, { shape, values: values[name] as Float32Array }]),
      ),
      inputs: { images: { shape: [batch, size, size, 3], dtype: 'uint8' } },
    },
  );
  return { step: built, featureSize: instance.featureSize, imageValues: size * size * 3 };
}

async function trainedWeights(
  store: ObjectStore,
  run: string,
  spec: RunSpec,
  step: number,
  shapes: Record<string, number[]>,
) {
  const head = await requireJson(store, keys.runHead(run), runHeadSchema);
  const entry: CheckpointEntry | undefined = head.checkpoints.find((checkpoint) => checkpoint.step === step);
  if (!entry)
    throw new FormatError(
      `run ${run} has no checkpoint at step ${step}; it has ${head.checkpoints.map((checkpoint) => checkpoint.step).join(', ') || 'none'}`,
    );
  const read = async (file: string) => {
    const key = keys.checkpointFile(entry.folder, file);
    const object = await store.get(key);
    if (!object) throw new FormatError(`${key} is named by the run's head but not in ${store.describe()}`);
    return object.bytes;
  };
  const manifest = parseManifest(new TextDecoder().decode(await read('manifest.json')), hashJson(spec), entry.folder);
  const files = { [modelFile]: await read(modelFile) };
  return decodeCheckpoint({ manifest, files }, shapes, sha256, entry.folder).state;
}

/** Embeds all images of a split, batch by batch; the last batch is filled up and cut off again. */
export function embed(
  encoder: Awaited<ReturnType<typeof openEncoder>>,
  images: SplitImages,
  onProgress: (done: number) => void,
): Features {
  const { step, featureSize: size, imageValues } = encoder;
  const values = new Float32Array(images.count * size);
  for (let from = 0; from < images.count; from += batch) {
    const rows = Math.min(batch, images.count - from);
    const fed = new Uint8Array(batch * imageValues);
    fed.set(images.pixels.subarray(from * imageValues, (from + rows) * imageValues));
    const features = step.run({ images: fed })['features'] as Float32Array;
    values.set(features.subarray(0, rows * size), from * size);
    onProgress((from + rows) / images.count);
  }
  return { data: values, shape: [images.count, size] };
}

/** Raw pixels in 0..1 as features. */
export function pixelFeatures({ pixels, count }: SplitImages): Features {
  return { data: Float32Array.from(pixels, (value) => value / 255), shape: [count, pixels.length / count] };
}
