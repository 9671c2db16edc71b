import {
  hashJson,
  keys,
  type RunResolved,
  runResolvedSchema,
  type RunSpec,
  threadsOf,
  type Views,
  viewsSchema,
} from '#lib/contracts';
import { sizeOf } from '#lib/engine';
import { decoderRevision } from '#lib/images';
import { checkWarmup } from '#lib/optim';
import { plannedSteps, stepsPerEpoch } from '#lib/sampling';
import { getJson, jsonBytes, type ObjectStore, requireJson } from '#lib/storage';
import { hasSides, instanceOfSpec } from '#lib/training';
import { transformsRevision } from '#lib/transforms';

import { chooseComputation, type TimeSteps } from './choose-computation.ts';

export interface Machine {
  device: 'cpu' | 'gpu';
  /** threads that a run may use */
  threads: number;
  /** whether its processor multiplies in bfloat16 */
  bfloat16: boolean;
}

/** What a run's view blocks are made of. Runs whose specs agree here share their views, whatever their methods. */
export function viewsOf(spec: RunSpec): { views: Views; viewsHash: string } {
  const views = viewsSchema.parse({
    format: 'unlabel.views',
    version: 1,
    dataset: spec.dataset.name,
    contentHash: spec.dataset.contentHash,
    split: 'train',
    recipe: spec.views,
    seed: spec.seed,
    groupShards: spec.groupShards,
    blockSamples: spec.blockSamples,
    revisions: { transforms: transformsRevision, decoder: decoderRevision },
  });
  const { dataset: _, ...hashed } = views;
  return { views, viewsHash: hashJson(hashed) };
}

/**
 * Decides once for the whole run what the spec leaves open, and stores it: the first worker's decision holds, every
 * later attempt reads it. Also stores the description of the views, which augment workers read.
 *
 * @param timeSteps times steps of the spec on this machine, see `chooseComputation`
 */
export async function resolveRun(
  store: ObjectStore,
  run: string,
  spec: RunSpec,
  machine: Machine,
  timeSteps: TimeSteps,
): Promise<RunResolved> {
  const { views, viewsHash } = viewsOf(spec);
  await store.create(keys.views(viewsHash), jsonBytes(views));
  const there = await getJson(store, keys.runResolved(run), runResolvedSchema);
  if (there) return there.value;
  const { computation, trial } = await chooseComputation(spec, machine, timeSteps, { hasSides: hasSides(spec) });
  const perEpoch = stepsPerEpoch(spec.dataset.trainSamples, spec.batch);
  const totalSteps = plannedSteps(spec, trial?.secondsPerStep) as number;
  checkWarmup(spec.schedule, { totalSteps, stepsPerEpoch: perEpoch });
  const resolved: RunResolved = {
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: hashJson(spec),
    viewsHash,
    stepsPerEpoch: perEpoch,
    totalSteps,
    trial,
    computation,
    device: machine.device,
    ...threadsOf(computation, machine.threads),
    parameters: countTrainable(spec),
  };
  if ((await store.create(keys.runResolved(run), jsonBytes(resolved))) === 'created') return resolved;
  return requireJson(store, keys.runResolved(run), runResolvedSchema);
}

/** Trainable parameters of the spec's model. */
function countTrainable(spec: RunSpec): number {
  const { parameters } = instanceOfSpec(spec);
  return parameters.filter(({ trainable }) => trainable).reduce((total, { shape }) => total + sizeOf(shape), 0);
}
