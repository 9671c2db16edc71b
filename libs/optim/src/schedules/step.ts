export interface StepOptions {
  start: number;
  /** Epochs at which the value is multiplied by `factor`, in any order. */
  milestonesEpochs: readonly number[];
  factor: number;
}

/**
 * `start`, multiplied by `factor` at each milestone (He et al. 2015, https://arxiv.org/abs/1512.03385, section 3.4).
 *
 * @param epoch step / stepsPerEpoch; the first step of a milestone's epoch has the smaller value
 */
export function stepDecay({ start, milestonesEpochs, factor }: StepOptions, epoch: number): number {
  return start * factor ** milestonesEpochs.filter((milestone) => epoch >= milestone).length;
}
