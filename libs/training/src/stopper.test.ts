import { expect, test } from 'vitest';

import { addLoss, endEpoch, freshStopper } from './stopper.ts';

const options = { on: 'loss' as const, patienceEpochs: 2, minChange: 0.1 };

function stopsAfter(epochLosses: number[]): number {
  let state = freshStopper();
  for (const [epoch, loss] of epochLosses.entries()) {
    state = addLoss(addLoss(state, loss - 1), loss + 1);
    const end = endEpoch(state, options);
    if (end.stop) return epoch + 1;
    state = end.state;
  }
  return Infinity;
}

test('stops after patience epochs without an improvement of the mean loss', () => {
  expect(stopsAfter([5, 4, 3.95, 3.94])).toBe(4);
});

test('a fall below minChange is no improvement, and small falls add up against the best', () => {
  expect(stopsAfter([5, 4.95, 4.9, 4.85])).toBe(Infinity);
  expect(stopsAfter([5, 4.96, 4.92])).toBe(3);
});

test('never stops without options', () => {
  const state = { best: 1, epochsWithoutImprovement: 50, epochLossSum: 9, epochLossCount: 1 };
  expect(endEpoch(state, null).stop).toBe(false);
});
