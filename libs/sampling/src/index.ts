export {
  advance,
  batchPositions,
  blockPositions,
  blocksOfBatch,
  blocksPerEpoch,
  blocksUsedPerEpoch,
  cursorAfter,
  type Positions,
  stepsBefore,
  stepsPerEpoch,
} from './cursor.ts';
export { Draws, type DrawsOptions } from './draws.ts';
export { epochOrder, type EpochOrderOptions, locateSample, shardStarts } from './epoch-order.ts';
export { fractionOf, holdout } from './holdout.ts';
export { type Length, plannedSteps } from './planned-steps.ts';
export { philox4x32, type PhiloxCounter, type PhiloxKey } from './philox.ts';
