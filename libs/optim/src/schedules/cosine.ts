import { UsageError } from '#lib/contracts';

export interface CosineOptions {
  totalSteps: number;
  start: number;
  end: number;
}

/**
 * Half a cosine from `start` at step 0 to `end` at the last step, totalSteps − 1, where it stays (lightly's cosine_schedule;
 * SimCLR's learning rate, DINO's weight decay and momentum).
 * @throws UsageError for no steps or a negative step
 */
export function cosine({ totalSteps, start, end }: CosineOptions, step: number): number {
  if (totalSteps < 1 || step < 0) throw new UsageError(`cosine: step ${step} of ${totalSteps} steps`);
  if (step >= totalSteps - 1) return end;
  return end - ((end - start) * (Math.cos((Math.PI * step) / (totalSteps - 1)) + 1)) / 2;
}
