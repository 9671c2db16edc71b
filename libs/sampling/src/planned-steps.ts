import type { RunBudget } from '#lib/contracts';

import { stepsPerEpoch } from './cursor.ts';

/** The fields of a spec that say how long it trains. */
export interface Length {
  dataset: { trainSamples: number };
  batch: number;
  epochs: number;
  budget: RunBudget | null;
}

/**
 * Steps that a run will take: whole epochs, or as many as fit in its budget of images or minutes; at least one.
 *
 * @param secondsPerStep what a step takes where the run's machine has timed it; undefined before
 * @returns undefined for a budget in minutes before a step was timed
 */
export function plannedSteps({ dataset, batch, epochs, budget }: Length, secondsPerStep?: number): number | undefined {
  if (budget === null) return stepsPerEpoch(dataset.trainSamples, batch) * epochs;
  if ('images' in budget) return Math.max(Math.floor(budget.images / batch), 1);
  return secondsPerStep === undefined ? undefined : Math.max(Math.floor((60 * budget.minutes) / secondsPerStep), 1);
}
