import { type CheckpointEntry, FormatError, hashJson, keys, runHeadSchema, type RunSpec } from '#lib/contracts';
import { buildStep } from '#lib/engine';
import type { MethodInstance } from '#lib/methods';
import type { ParameterSpec } from '#lib/nn';
import { type ObjectStore, requireJson, sha256 } from '#lib/storage';
import {
  decodeCheckpoint,
  encoderOf,
  inferenceStep,
  initialValues,
  instanceOfSpec,
  parseManifest,
} from '#lib/training';

const modelFile = 'model.safetensors';

/** An encoder as a run's spec builds it, or the whole model, with its weights at a step. */
export interface EncoderWeights {
  instance: MethodInstance;
  /** Those of the encoder alone, or all. */
  parameters: readonly ParameterSpec[];
  values: Record<string, Float32Array>;
}

/**
 * A run's encoder at a step, from the spec and the checkpoint alone; step 0 is what the run starts from, drawn
 * from the spec's seed or pretrained.
 * @throws FormatError for a step without checkpoint, or weights that don't fit the encoder at the spec's image size
 */
export function loadEncoder(store: ObjectStore, run: string, spec: RunSpec, step: number): Promise<EncoderWeights> {
  const instance = instanceOfSpec(spec);
  return load(store, run, spec, step, { instance, parameters: encoderOf(instance).parameters });
}

/** The same with what a method has beside its encoder: heads, a decoder. @throws as `loadEncoder` */
export function loadModel(store: ObjectStore, run: string, spec: RunSpec, step: number): Promise<EncoderWeights> {
  const instance = instanceOfSpec(spec);
  return load(store, run, spec, step, { instance, parameters: instance.parameters });
}

/** The encoder alone of a whole model. */
export const encoderOfModel = ({ instance, values }: EncoderWeights): EncoderWeights => ({
  instance,
  parameters: encoderOf(instance).parameters,
  values,
});

async function load(
  store: ObjectStore,
  run: string,
  spec: RunSpec,
  step: number,
  { instance, parameters }: Omit<EncoderWeights, 'values'>,
): Promise<EncoderWeights> {
  const shapes = Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
  const values =
    step === 0
      ? await initialValues(parameters, spec, { get: (key) => store.get(key), sha256 })
      : await trainedWeights(store, run, spec, step, shapes);
  return { instance, parameters, values };
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
  try {
    return decodeCheckpoint({ manifest, files }, shapes, sha256, entry.folder).state;
  } catch (cause) {
    if (!(cause instanceof FormatError) || cause.remedy !== undefined) throw cause;
    const { size } = spec.image;
    throw new FormatError(
      `run ${run}, step ${step}: its weights don't fit ${spec.backbone.name} at ${size} × ${size} px: ${cause.message}`,
      { cause, remedy: 'an encoder is probed on images of the size that it was trained on' },
    );
  }
}

/** Images in batches of a fixed size to rows of numbers, by one captured step. */
export interface Extractor {
  /** Images a batch. */
  batch: number;
  /** Numbers an image gives. */
  size: number;
  /** @param images uint8 [batch, H, W, 3]; the step's rows [batch, size] */
  run(images: Uint8Array): Float32Array;
  dispose(): void;
}

/** A power of two of images, so that a batch has at most so many pixels: 256 images up to 64 px, 16 at 224 px. */
const extractionPixels = 256 * 64 * 64;
const extractionBatch = (size: number): number =>
  Math.min(256, Math.max(1, 2 ** Math.floor(Math.log2(extractionPixels / (size * size)))));

/** The features of an encoder, or what `outputs` makes of images instead, in evaluation: running statistics, no gradients. */
export function buildExtractor(
  spec: RunSpec,
  { instance, parameters, values }: EncoderWeights,
  outputs: { forward: MethodInstance['features']; size: number } = {
    forward: instance.features,
    size: instance.featureSize,
  },
): Extractor {
  const batch = extractionBatch(spec.image.size);
  const network = { parameters, forward: outputs.forward };
  const { fn, state, inputs } = inferenceStep(network, { ...spec.image, batch });
  const filled = Object.entries(state).map(
    ([name, shape]) => [name, { shape, values: values[name] as Float32Array }] as const,
  );
  const step = buildStep(fn, { engine: spec.engine, state: Object.fromEntries(filled), inputs });
  return {
    batch,
    size: outputs.size,
    run: (images) => step.run({ images })['rows'] as Float32Array,
    dispose: () => step.dispose(),
  };
}
