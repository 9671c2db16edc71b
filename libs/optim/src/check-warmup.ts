import { type ScheduleOptions, UsageError } from '#lib/contracts';

/**
 * Refuses a warm-up that ends after the run does: its learning rate would never reach the peak.
 *
 * @param totalSteps undefined where a run is timed and nobody knows yet
 * @throws UsageError with both lengths in epochs
 */
export function checkWarmup(
  schedule: ScheduleOptions,
  { totalSteps, stepsPerEpoch }: { totalSteps: number | undefined; stepsPerEpoch: number },
): void {
  if (schedule.name !== 'warmup-cosine' || totalSteps === undefined) return;
  const { warmupEpochs } = schedule;
  const epochs = totalSteps / stepsPerEpoch;
  if (warmupEpochs <= epochs) return;
  const length = Number(epochs.toPrecision(3));
  throw new UsageError(
    `schedule.warmupEpochs: a warm-up of ${warmupEpochs} epochs is longer than the run of ${length}`,
    {
      field: 'schedule.warmupEpochs',
      remedy: `use less than ${length}, a tenth of the run for example, or train for longer`,
    },
  );
}
