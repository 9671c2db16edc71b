import { type ScheduleOptions, UsageError } from '#lib/contracts';

import { stepDecay } from './schedules/step.ts';
import { warmupCosine } from './schedules/warmup-cosine.ts';

export interface RunLength {
  /** The peak of the schedule. */
  baseLearningRate: number;
  totalSteps: number;
  stepsPerEpoch: number;
}

/**
 * The learning rate of a step under a run's schedule; a warm-up longer than the run never reaches the peak.
 *
 * @param step from 0
 * @throws UsageError for a step that is no whole number from 0
 */
export function learningRateAt(schedule: ScheduleOptions, run: RunLength, step: number): number {
  const { baseLearningRate, totalSteps, stepsPerEpoch } = run;
  if (!Number.isInteger(step) || step < 0)
    throw new UsageError(`learningRateAt: step must be a whole number from 0, got ${step}`);
  switch (schedule.name) {
    case 'constant':
      return baseLearningRate;
    case 'step':
      return stepDecay({ ...schedule, start: baseLearningRate }, step / stepsPerEpoch);
    case 'warmup-cosine': {
      const warmupSteps = Math.round(schedule.warmupEpochs * stepsPerEpoch);
      const end = baseLearningRate * schedule.endFactor;
      return warmupCosine({ totalSteps, warmupSteps, start: baseLearningRate, end }, step);
    }
  }
}

const referenceBatch = 256;

/** The linear scaling rule, base · batch / 256 (Goyal et al. 2017, https://arxiv.org/abs/1706.02677), when asked for. */
export function scaledLearningRate(
  { base, scaleByBatch }: { base: number; scaleByBatch: boolean },
  batch: number,
): number {
  return scaleByBatch ? (base * batch) / referenceBatch : base;
}
