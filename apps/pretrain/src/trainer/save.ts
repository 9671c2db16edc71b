import {
  canonicalJson,
  type CheckpointEntry,
  hashJson,
  keys,
  type RunSpec,
  type StepMetrics,
  UnlabelError,
} from '#lib/contracts';
import { foldedCurvesOf } from '#lib/curves';
import { jsonBytes, type ObjectStore, sha256 } from '#lib/storage';
import { encodeCheckpoint, type TrainingState } from '#lib/training';

import type { Session } from './session.ts';

export interface SavedCheckpoint {
  entry: CheckpointEntry;
  metrics: { from: number; to: number; key: string } | null;
}

/**
 * Writes a checkpoint's files, its manifest last, and the metrics that it covers. Nothing counts yet: the run's head,
 * which the worker replaces, has to name it.
 */
export async function saveCheckpoint(
  {
    store,
    run,
    attempt,
    spec,
    session,
  }: { store: ObjectStore; run: string; attempt: number; spec: RunSpec; session: Session },
  state: TrainingState,
  kind: CheckpointEntry['kind'],
  metrics: StepMetrics[],
): Promise<SavedCheckpoint> {
  const { manifest, files } = encodeCheckpoint(
    state,
    { specHash: hashJson(spec), seed: spec.seed },
    session.shapes,
    session.slots,
    sha256,
  );
  const folder = keys.checkpoint(run, state.step, attempt);
  let sizeBytes = 0;
  for (const [name, bytes] of Object.entries(files)) {
    await createOnce(store, keys.checkpointFile(folder, name), bytes);
    sizeBytes += bytes.length;
  }
  const manifestBytes = new TextEncoder().encode(canonicalJson(manifest));
  await createOnce(store, keys.checkpointFile(folder, 'manifest.json'), manifestBytes);
  const entry: CheckpointEntry = { step: state.step, cursor: state.cursor, kind, folder, sizeBytes };
  return { entry, metrics: await saveMetrics({ store, run, attempt, batch: spec.batch }, metrics) };
}

/** One attempt writes each of its steps once, so an object that is there already must be the same one. */
async function createOnce(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  if ((await store.create(key, bytes)) === 'created') return;
  const there = await store.get(key);
  if (!there || sha256(there.bytes) !== sha256(bytes))
    throw new UnlabelError(`determinism alarm: ${key} exists with other bytes than this attempt made`, {
      remedy: 'keep both storage and log, and report it: the same state must give the same bytes',
    });
}

/** Writes steps as a segment, and what it is folded to, which curves of long runs are drawn of. @param batch images of a step */
export async function saveMetrics(
  { store, run, attempt, batch }: { store: ObjectStore; run: string; attempt: number; batch: number },
  metrics: readonly StepMetrics[],
): Promise<SavedCheckpoint['metrics']> {
  const [first, last] = [metrics[0], metrics.at(-1)];
  if (!first || !last) return null;
  const key = keys.metrics(run, first.step, last.step, attempt);
  const lines = metrics.map((line) => `${JSON.stringify(line)}\n`).join('');
  await Promise.all([
    store.create(key, new TextEncoder().encode(lines)),
    store.create(keys.foldedCurves(run, key), jsonBytes(foldedCurvesOf(metrics, batch))),
  ]);
  return { from: first.step, to: last.step, key };
}
