import {
  type CheckpointManifest,
  checkpointManifestSchema,
  type Cursor,
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  type HostTensor,
  hostTensor,
  type StopperState,
} from '#lib/contracts';

/** Everything a run needs to go on from a step. `state` holds parameters, buffers and optimiser slots by name. */
export interface TrainingState {
  step: number;
  cursor: Cursor;
  stopper: StopperState;
  ended: CheckpointManifest['ended'];
  state: Record<string, Float32Array>;
}

export interface CheckpointFiles {
  manifest: CheckpointManifest;
  files: Record<string, Uint8Array>;
}

type Sha256 = (bytes: Uint8Array) => string;
const modelFile = 'model.safetensors';
const optimiserFile = 'optimiser.safetensors';

/**
 * Writes a state as a checkpoint: `model.safetensors` (parameters and buffers, torch names, tfjs layout),
 * `optimiser.safetensors` (slots) and the manifest that names both by sha256. Equal states give equal bytes.
 *
 * @param shapes shape of every entry of the state
 * @param slots names of the entries that belong to the optimiser
 */
export function encodeCheckpoint(
  training: TrainingState,
  ties: { specHash: string; seed: number },
  shapes: Record<string, number[]>,
  slots: ReadonlySet<string>,
  sha256: Sha256,
): CheckpointFiles {
  const tensor = (name: string, values: Float32Array) => {
    const shape = shapes[name];
    if (!shape) throw new FormatError(`checkpoint of step ${training.step}: ${name} is not of the step's state`);
    return hostTensor(values, shape);
  };
  const pick = (wanted: (name: string) => boolean) =>
    encodeSafetensors(
      Object.fromEntries(
        Object.entries(training.state)
          .filter(([name]) => wanted(name))
          .map(([name, values]) => [name, tensor(name, values)]),
      ),
    );
  const files: Record<string, Uint8Array> = { [modelFile]: pick((name) => !slots.has(name)) };
  if (slots.size > 0) files[optimiserFile] = pick((name) => slots.has(name));
  const manifest: CheckpointManifest = {
    format: 'unlabel.checkpoint',
    version: 1,
    specHash: ties.specHash,
    step: training.step,
    cursor: training.cursor,
    seed: ties.seed,
    stopper: training.stopper,
    ended: training.ended,
    files: Object.keys(files)
      .sort()
      .map((name) => {
        const bytes = files[name] as Uint8Array;
        return { name, sha256: sha256(bytes), sizeBytes: bytes.length };
      }),
  };
  return { manifest, files };
}

/** Parses a manifest and refuses one that belongs to another spec. */
export function parseManifest(json: string, specHash: string, where: string): CheckpointManifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new FormatError(`${where}: the manifest is not JSON`, { cause });
  }
  const parsed = checkpointManifestSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const fault = `${issue?.path.join('.') || 'manifest'}: ${issue?.message}`;
    throw new FormatError(`${where}: not a checkpoint manifest of version 1: ${fault}`);
  }
  if (parsed.data.specHash !== specHash)
    throw new FormatError(
      `${where}: this checkpoint belongs to another spec (${parsed.data.specHash.slice(0, 12)}…, this run's is ${specHash.slice(0, 12)}…)`,
      { remedy: 'start a new run; a checkpoint can only be resumed under the spec it was trained with' },
    );
  return parsed.data;
}

/**
 * Reads the state of a checkpoint, checking every file's sha256 and every tensor's shape against what the spec builds.
 *
 * @param shapes what the step expects; give only the model's to read an encoder without its optimiser
 */
export function decodeCheckpoint(
  { manifest, files }: CheckpointFiles,
  shapes: Record<string, number[]>,
  sha256: Sha256,
  where: string,
): TrainingState {
  const found: Record<string, HostTensor> = {};
  for (const { name, sha256: expected } of manifest.files) {
    const bytes = files[name];
    if (!bytes) continue;
    const got = sha256(bytes);
    if (got !== expected)
      throw new FormatError(
        `${where}/${name}: sha256 is ${got.slice(0, 12)}…, the manifest says ${expected.slice(0, 12)}…`,
        {
          remedy: 'the file was truncated or altered; resume from an earlier checkpoint',
        },
      );
    Object.assign(found, decodeSafetensors(bytes).tensors);
  }
  const problems = namesThatDiffer(found, shapes);
  if (problems.length > 0) throw new FormatError(`${where}: ${problems.join('; ')}`);
  const state = Object.fromEntries(
    Object.keys(shapes).map((name) => [name, Float32Array.from((found[name] as HostTensor).data)]),
  );
  const { step, cursor, stopper, ended } = manifest;
  return { step, cursor, stopper, ended, state };
}

function namesThatDiffer(found: Record<string, HostTensor>, shapes: Record<string, number[]>): string[] {
  const list = (title: string, names: string[]) =>
    names.length === 0
      ? []
      : [`${title}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`];
  const missing = Object.keys(shapes).filter((name) => !found[name]);
  const misshapen = Object.entries(shapes).flatMap(([name, shape]) => {
    const there = found[name];
    if (!there || (there.dtype === 'F32' && there.shape.join() === shape.join())) return [];
    const type = there.dtype === 'F32' ? '' : `${there.dtype} `;
    return [`${name} ${type}[${there.shape.join(', ')}] instead of [${shape.join(', ')}]`];
  });
  return [...list('missing', missing), ...list('misshapen', misshapen)];
}
