import { expect, test } from 'vitest';

import { LiveRuns } from './live-runs.ts';

function announce(live: LiveRuns, step: number, loss = step): void {
  live.receive({
    version: 1,
    type: 'run-step',
    run: 'one',
    totalSteps: 100_000,
    metrics: {
      step,
      epoch: 0,
      loss,
      terms: {},
      learningRate: 0.1,
      gradientNorm: 1,
      imagesPerSecond: 1,
      waitSeconds: 0,
      at: 1,
    },
  });
}

test('steps are kept in order by run', () => {
  const live = new LiveRuns();
  for (const step of [1, 2, 3]) announce(live, step);
  expect(live.last('one')?.step).toBe(3);
  expect(live.after('one', 1).map(({ step }) => step)).toEqual([2, 3]);
  expect(live.last('two')).toBeUndefined();
  expect(live.after('two', 0)).toEqual([]);
});

test('an attempt that repeats steps replaces what the one before it announced', () => {
  const live = new LiveRuns();
  for (const step of [1, 2, 3]) announce(live, step);
  announce(live, 2, 0.5);
  expect(live.after('one', 0).map(({ step, loss }) => [step, loss])).toEqual([
    [1, 1],
    [2, 0.5],
  ]);
});

test('other events leave steps alone, and the oldest of very many steps go', () => {
  const live = new LiveRuns();
  live.receive({ version: 1, type: 'run-state', run: 'one', state: 'running', step: 0, reason: null });
  expect(live.last('one')).toBeUndefined();
  for (let step = 1; step <= 20_010; step++) announce(live, step);
  expect(live.after('one', 0)).toHaveLength(20_000);
  expect(live.after('one', 0)[0]?.step).toBe(11);
});
