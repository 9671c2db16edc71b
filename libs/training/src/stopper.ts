import type { RunSpec, StopperState } from '#lib/contracts';

/** A stopper that has seen nothing. */
export const freshStopper = (): StopperState => ({
  best: null,
  epochsWithoutImprovement: 0,
  epochLossSum: 0,
  epochLossCount: 0,
});

/** Adds a step's loss to the mean of the running epoch. */
export const addLoss = (state: StopperState, loss: number): StopperState => ({
  ...state,
  epochLossSum: state.epochLossSum + loss,
  epochLossCount: state.epochLossCount + 1,
});

/**
 * Closes an epoch: compares its mean loss with the best so far and says whether to stop.
 * An improvement is a fall by at least `minChange`; `patienceEpochs` epochs without one stop the run.
 */
export function endEpoch(
  state: StopperState,
  options: RunSpec['earlyStopping'],
): { state: StopperState; stop: boolean } {
  const mean = state.epochLossCount === 0 ? Infinity : state.epochLossSum / state.epochLossCount;
  const improved = state.best === null || mean <= state.best - (options?.minChange ?? 0);
  const next: StopperState = {
    best: improved ? mean : state.best,
    epochsWithoutImprovement: improved ? 0 : state.epochsWithoutImprovement + 1,
    epochLossSum: 0,
    epochLossCount: 0,
  };
  return { state: next, stop: options !== null && next.epochsWithoutImprovement >= options.patienceEpochs };
}
