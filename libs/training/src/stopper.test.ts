import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type MonitorReading, type StoppingRule } from '#lib/contracts';

import { freshStopper, observe, type Seen } from './stopper.ts';

const loss: StoppingRule = { on: 'loss', patienceEpochs: 2, minChange: 0.1 };
const reading = (change: Partial<MonitorReading>): MonitorReading => ({
  embeddingStd: 0.1,
  embeddingSize: 16,
  rankMe: 4,
  monitorSeconds: 1,
  ...change,
});

/** The step at which the rules end a run, and why. */
function stopOf(rules: StoppingRule[], seen: Partial<Seen>[]): { step: number; reason: string } | undefined {
  let state = freshStopper(rules);
  for (const [i, given] of seen.entries()) {
    state = observe(state, rules, { step: i + 1, loss: 1, epochEnds: true, ...given });
    if (state.reason !== null) return { step: i + 1, reason: state.reason };
  }
  return undefined;
}
/** Two steps an epoch, around its mean. */
const epochs = (means: number[]): Partial<Seen>[] =>
  means.flatMap((mean) => [
    { loss: mean - 1, epochEnds: false },
    { loss: mean + 1, epochEnds: true },
  ]);

test('stops after patience epochs without an improvement of the mean loss', () => {
  expect(stopOf([loss], epochs([5, 4, 3.95, 3.94]))).toEqual({
    step: 8,
    reason: 'stopped early at step 8: loss did not fall by 0.1 in 2 epochs; its best was 4.000',
  });
});

test('a fall below minChange is no improvement, and small falls add up against the best', () => {
  expect(stopOf([loss], epochs([5, 4.95, 4.9, 4.85]))).toBeUndefined();
  expect(stopOf([loss], epochs([5, 4.96, 4.92]))?.step).toBe(6);
});

test('standing still is no improvement, also without a minimum change', () => {
  expect(stopOf([{ ...loss, minChange: 0 }], epochs([5, 5, 5]))?.step).toBe(6);
  const rule: StoppingRule = { on: 'rankme', patienceReadings: 2, minChange: 0 };
  expect(
    stopOf(
      [rule],
      [4, 4, 4].map((rankMe) => ({ monitors: reading({ rankMe }) })),
    )?.step,
  ).toBe(3);
});

test('monitors and probes should rise, and steps without a reading count for nothing', () => {
  const knn = (onlineKnn: number) => ({ monitors: reading({ onlineKnn }) });
  const rule: StoppingRule = { on: 'online-knn', patienceReadings: 2, minChange: 0.01 };
  expect(stopOf([rule], [knn(0.2), {}, knn(0.3), {}, {}, knn(0.305), {}, knn(0.2)])).toEqual({
    step: 8,
    reason: 'stopped early at step 8: online-knn did not rise by 0.01 in 2 readings; its best was 0.3000',
  });
  expect(stopOf([rule], [0.1, 0.2, 0.15, 0.3, 0.4].map(knn))).toBeUndefined();
  const probe: StoppingRule = { on: 'probe-linear', patienceProbes: 1, minChange: 0 };
  const probes = [0.3, 0.4, 0.35].map((linear, step) => ({ tuneProbe: { step, linear, knn: 0.1 * step } }));
  expect(stopOf([probe], probes)?.step).toBe(3);
  expect(stopOf([{ ...probe, on: 'probe-knn' }], probes)).toBeUndefined();
});

test('collapse is a spread below a part of 1/√D for so many readings in a row', () => {
  const rule: StoppingRule = { on: 'collapse', belowPart: 0.1, patienceReadings: 3 }; // of D = 16: below 0.025
  const spread = (embeddingStd: number) => ({ monitors: reading({ embeddingStd }) });
  expect(stopOf([rule], [0.01, 0.01, 0.025, 0.01, 0.01].map(spread))).toBeUndefined();
  expect(stopOf([rule], [0.2, 0.02, 0.01, 0.003].map(spread))?.reason).toBe(
    'stopped early at step 4: the embeddings collapsed: their standard deviation was below 0.1 of 1/√D for 3 readings, last 0.00300',
  );
});

test('of several rules the first that is met ends the run, and without rules nothing does', () => {
  const rules: StoppingRule[] = [
    { ...loss, patienceEpochs: 5 },
    { on: 'embedding-std', patienceReadings: 2, minChange: 0 },
  ];
  const still = Array.from({ length: 4 }, () => ({ monitors: reading({}) }));
  expect(stopOf(rules, still)).toMatchObject({ step: 3, reason: expect.stringContaining('embedding-std') });
  expect(stopOf([], still)).toBeUndefined();
});

test('a state that went through JSON at any step decides as the one that did not', () => {
  const rules: StoppingRule[] = [
    loss,
    { on: 'online-knn', patienceReadings: 2, minChange: 0.05 },
    { on: 'collapse', belowPart: 0.4, patienceReadings: 2 },
  ];
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const step = fc.record({
    loss: fc.double({ min: -10, max: 10, noNaN: true }),
    epochEnds: fc.boolean(),
    monitors: fc.option(
      fc.record({ onlineKnn: share, embeddingStd: share }).map((read) => reading(read)),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let [straight, stored] = [freshStopper(rules), freshStopper(rules)];
      for (const [i, seen] of steps.entries()) {
        straight = observe(straight, rules, { step: i, ...seen });
        stored = observe(JSON.parse(JSON.stringify(stored)) as typeof stored, rules, { step: i, ...seen });
      }
      expect(stored).toEqual(JSON.parse(JSON.stringify(straight)));
    }),
  );
});
