import {
  type CheckpointEntry,
  type ComputePrecision,
  hashJson,
  keys,
  type RunSpec,
  stoppingRules,
} from '#lib/contracts';
import { buildStep, sizeOf, zeroState } from '#lib/engine';
import type { MethodInstance } from '#lib/methods';
import { initialise } from '#lib/nn';
import type { Optimiser } from '#lib/optim';
import { type ObjectStore, sha256 } from '#lib/storage';
import {
  decodeCheckpoint,
  freshStopper,
  parseManifest,
  type Step,
  stepOfSpec,
  type StepTrace,
  type TrainingState,
} from '#lib/training';

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

/**
 * Builds the model and its step. State starts as zeros; the loop writes the real one before the first step.
 * @param way.precision what is computed in; the state is float32 either way
 * @param way.sideBySide whether it falls into two parts, as `stepOfSpec` says
 * @param admit is shown what the step's memory depends on before any is taken; throws where that is too much
 */
export function openSession(
  spec: RunSpec,
  { precision, sideBySide = false }: { precision: ComputePrecision; sideBySide?: boolean },
  admit?: (trace: StepTrace) => void,
): Session {
  const { instance, optimiser, fn, state, inputs } = stepOfSpec(spec, { sideBySide });
  const step = buildStep(fn, { state: zeroState(state), inputs, engine: spec.engine, precision, admit });
  const own = new Set(instance.parameters.map(({ name }) => name));
  return {
    instance,
    optimiser,
    step,
    shapes: state,
    slots: new Set(Object.keys(state).filter((name) => !own.has(name))),
  };
}

/**
 * The state before the first step: slots at zero.
 * @param values of parameters and buffers; default: drawn from the spec's seed
 */
export function initialState(
  { instance, shapes, slots }: Session,
  spec: RunSpec,
  values: Record<string, Float32Array> = initialise(instance.parameters, spec.seed),
): TrainingState {
  const state = { ...values };
  for (const name of slots) state[name] = new Float32Array(sizeOf(shapes[name] ?? []));
  return { step: 0, cursor: { epoch: 0, batch: 0 }, stopper: freshStopper(stoppingRules(spec)), ended: null, state };
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
