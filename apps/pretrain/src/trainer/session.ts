import { type CheckpointEntry, hashJson, keys, type RunSpec } from '#lib/contracts';
import { buildStep } from '#lib/engine';
import { findMethod, type MethodInstance } from '#lib/methods';
import { initialise } from '#lib/nn';
import { buildOptimiser, type Optimiser } from '#lib/optim';
import { type ObjectStore, sha256 } from '#lib/storage';
import {
  decodeCheckpoint,
  freshStopper,
  parseManifest,
  type Step,
  type TrainingState,
  trainingStep,
} from '#lib/training';
import { viewSizes } from '#lib/transforms';

/** A spec made runnable: the method built, the step recorded, the shapes of its state. */
export interface Session {
  instance: MethodInstance;
  optimiser: Optimiser;
  step: Step;
  /** shape of every entry of the state, by name */
  shapes: Record<string, number[]>;
  /** entries that belong to the optimiser */
  slots: Set<string>;
}

/** Builds the model and its step. State starts as zeros; the loop writes the real one before the first step. */
export function openSession(spec: RunSpec): Session {
  const method = findMethod(spec.method.name);
  const image = { height: spec.image.size, width: spec.image.size, channels: 3 };
  const options: unknown = method.options.parse(spec.method.options);
  const instance = method.build({ backbone: spec.backbone, image, options });
  const optimiser = buildOptimiser(spec.optimiser);
  const { fn, state, inputs } = trainingStep({
    instance,
    optimiser,
    weightDecay: spec.optimiser.weightDecay,
    batch: spec.batch,
    views: viewSizes(spec.views).map((size) => ({ height: size, width: size, channels: 3 })),
    mean: spec.image.mean,
    std: spec.image.std,
  });
  const zeros = Object.fromEntries(
    Object.entries(state).map(([name, shape]) => [name, { shape, values: new Float32Array(sizeOf(shape)) }]),
  );
  const step = buildStep(fn, { state: zeros, inputs, engine: spec.engine });
  const own = new Set(instance.parameters.map(({ name }) => name));
  return {
    instance,
    optimiser,
    step,
    shapes: state,
    slots: new Set(Object.keys(state).filter((name) => !own.has(name))),
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** The state before the first step: parameters drawn from the spec's seed, slots at zero. */
export function initialState({ instance, shapes, slots }: Session, spec: RunSpec): TrainingState {
  const state: Record<string, Float32Array> = initialise(instance.parameters, spec.seed);
  for (const name of slots) state[name] = new Float32Array(sizeOf(shapes[name] ?? []));
  return { step: 0, cursor: { epoch: 0, batch: 0 }, stopper: freshStopper(), ended: null, state };
}

/** The state of a checkpoint, verified. */
export async function resumedState(
  session: Session,
  spec: RunSpec,
  entry: CheckpointEntry,
  store: ObjectStore,
): Promise<TrainingState> {
  const read = async (file: string) => {
    const key = keys.checkpointFile(entry.folder, file);
    const object = await store.get(key);
    if (!object) throw new Error(`${key} is named by the run's head but not in ${store.describe()}`);
    return object.bytes;
  };
  const json = new TextDecoder().decode(await read('manifest.json'));
  const manifest = parseManifest(json, hashJson(spec), entry.folder);
  const files: Record<string, Uint8Array> = {};
  for (const { name } of manifest.files) files[name] = await read(name);
  return decodeCheckpoint({ manifest, files }, session.shapes, sha256, entry.folder);
}
