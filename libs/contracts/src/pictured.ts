import type { CheckpointEntry } from './run.ts';
import type { RunResolved, RunSpec } from './spec.ts';

/** Checkpoints at fixed steps that pictures are made of, at most: those of a long run are far apart. */
const mostPictured = 8;

/**
 * Whether pictures are made of a checkpoint without being asked for: the final one, and of those at fixed steps so many, evenly
 * spaced. A pure function of spec and length, so that a run that is resumed has the same ones.
 */
export function isPictured(
  { checkpoint: { everyEpochs }, probe }: Pick<RunSpec, 'checkpoint' | 'probe'>,
  { stepsPerEpoch, totalSteps }: Pick<RunResolved, 'stepsPerEpoch' | 'totalSteps'>,
  { kind, cursor }: Pick<CheckpointEntry, 'kind' | 'cursor'>,
): boolean {
  const { pictures = 'none' } = probe;
  if (pictures === 'none') return false;
  if (pictures === 'last' || kind !== 'fixed') return kind === 'final';
  const fixed = Math.floor(totalSteps / stepsPerEpoch / everyEpochs);
  return cursor.epoch % (everyEpochs * Math.max(Math.ceil(fixed / mostPictured), 1)) === 0;
}
