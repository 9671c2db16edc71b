import type { ProbeKind, ProbeSplit } from './jobs.ts';
import type { BestCheckpoint, CheckpointEntry } from './run.ts';
import type { RunSpec } from './spec.ts';
import { stoppingProbeKinds } from './stopping.ts';

/** Whether a checkpoint is probed on `tune` while the run trains: the fixed ones that the spec's interval meets, and the final one. */
export function isProbedOnTune({ probe }: Pick<RunSpec, 'probe'>, { kind, cursor }: CheckpointEntry): boolean {
  if (probe.everyEpochs === null || probe.tuneKinds.length === 0) return false;
  return kind === 'final' || (kind === 'fixed' && cursor.epoch % probe.everyEpochs === 0);
}

/** The probe whose top-1 on `tune` says which checkpoint is the best: that which early stopping follows, else the first. */
export function bestMetric({ earlyStopping, probe }: Pick<RunSpec, 'earlyStopping' | 'probe'>): ProbeKind | undefined {
  const [followed] = stoppingProbeKinds({ earlyStopping });
  return probe.everyEpochs === null ? undefined : (followed ?? probe.tuneKinds[0]);
}

/** The better of two: the larger figure, of equal ones the earlier step. A figure of another metric gives way. */
export function betterCheckpoint(best: BestCheckpoint | null, other: BestCheckpoint): BestCheckpoint {
  if (best === null || best.metric !== other.metric) return other;
  return other.value > best.value || (other.value === best.value && other.step < best.step) ? other : best;
}

/** Samples of train that a probe uses, null: all. Probes on `tune` of a run that is probed while it trains use few. */
export function probeTrainSamples({ probe }: Pick<RunSpec, 'probe'>, split: ProbeSplit): number | null {
  if (split === 'eval' || probe.everyEpochs === null) return probe.trainSamples;
  return Math.min(probe.trainSamples ?? Infinity, probe.tuneTrainSamples);
}
