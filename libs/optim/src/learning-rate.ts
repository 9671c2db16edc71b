import { type ScheduleOptions, UsageError } from '#lib/contracts';

import { halfCosine } from './schedules/half-cosine.ts';
import { stepDecay } from './schedules/step.ts';
import { warmupCosine } from './schedules/warmup-cosine.ts';

export interface RunLength {
  /** The peak of the schedule. */
  baseLearningRate: number;
  totalSteps: number;
  stepsPerEpoch: number;
}

/**
 * The learning rate of a step under a run's schedule; a warm-up longer than the run never reaches the peak. Per step, a
 * cosine reaches its end at the last step; per epoch, it would reach it after the last epoch, as SimSiam's and MoCo's
 * adjust_learning_rate do, so that no epoch is lost to a zero.
 *
 * @param step from 0
 * @throws UsageError for a step that is no whole number from 0
 */
export function learningRateAt(schedule: ScheduleOptions, run: RunLength, step: number): number {
  const { baseLearningRate, stepsPerEpoch } = run;
  if (!Number.isInteger(step) || step < 0)
    throw new UsageError(`learningRateAt: step must be a whole number from 0, got ${step}`);
  switch (schedule.name) {
    case 'constant':
      return baseLearningRate;
    case 'step': {
      const epoch = step / stepsPerEpoch;
      return stepDecay({ ...schedule, start: baseLearningRate }, schedule.per === 'epoch' ? Math.floor(epoch) : epoch);
    }
    case 'cosine':
      return cosineAt({ ...schedule, warmupEpochs: 0 }, run, step);
    case 'warmup-cosine':
      return cosineAt(schedule, run, step);
  }
}

interface CosineSchedule {
  warmupEpochs: number;
  endFactor: number;
  per: 'step' | 'epoch';
}

function cosineAt({ warmupEpochs, endFactor, per }: CosineSchedule, run: RunLength, step: number): number {
  const { baseLearningRate: peak, totalSteps, stepsPerEpoch } = run;
  const end = peak * endFactor;
  if (per === 'step') {
    const warmupSteps = Math.round(warmupEpochs * stepsPerEpoch);
    return warmupCosine({ totalSteps, warmupSteps, start: peak, end }, step);
  }
  const [epoch, epochs] = [Math.floor(step / stepsPerEpoch), totalSteps / stepsPerEpoch];
  if (epoch < warmupEpochs) return peak * Math.min(1, (epoch + 1) / warmupEpochs);
  return halfCosine({ peak, end, warmupEpochs, epochs }, Math.min(epoch, epochs));
}

const referenceBatch = 256;

/** The linear scaling rule, base · batch / 256 (Goyal et al. 2017, https://arxiv.org/abs/1706.02677), when asked for. */
export function scaledLearningRate(
  { base, scaleByBatch }: { base: number; scaleByBatch: boolean },
  batch: number,
): number {
  return scaleByBatch ? (base * batch) / referenceBatch : base;
}
