import { expect, test } from 'vitest';

import { type EarlyStopping, type Monitors, probeOptionsSchema, UsageError } from '#lib/contracts';

import { tinyIndex } from './control.fixture.ts';
import { fitMonitors } from './resolve-monitors.ts';

const monitors: Monitors = {
  everySteps: 10,
  samples: 512,
  onlineKnn: { bankSamples: 2000, querySamples: 500, k: 20, temperature: 0.1 },
};
const probe = probeOptionsSchema.parse({
  kinds: ['knn'],
  k: 5,
  temperature: 0.1,
  inverseRegularisation: 1,
  trainSamples: null,
  everyEpochs: 2,
});
const rules: EarlyStopping = [
  { on: 'online-knn', patienceReadings: 3, minChange: 0 },
  { on: 'probe-knn', patienceProbes: 3, minChange: 0 },
  { on: 'collapse', belowPart: 0.02, patienceReadings: 3 },
];
const everything = { monitors, probe, earlyStopping: rules };

function fitted(change: object = {}, index = tinyIndex()) {
  const notes: string[] = [];
  return { ...fitMonitors({ ...everything, ...change }, index, 32, notes), notes };
}
function refusal(change: object): UsageError {
  try {
    fitted(change);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

test('sizes are cut to what the dataset has, and fewer neighbours are told', () => {
  const { monitors: cut, probe: cutProbe, notes } = fitted();
  expect(cut).toEqual({
    everySteps: 10,
    samples: 40,
    onlineKnn: { bankSamples: 40, querySamples: 2, k: 20, temperature: 0.1 },
  });
  expect(cutProbe.tuneTrainSamples).toBe(40);
  expect(notes).toEqual([]);
  const small = tinyIndex({ splits: { train: 12, tune: 2, eval: 8 } });
  expect(fitted({}, small).notes).toEqual([
    'the online k-NN takes 12 neighbours instead of 20: its bank has 12 images',
  ]);
});

test('a bank of large images is cut to what may stay in memory', () => {
  const index = tinyIndex({ splits: { train: 5000, tune: 900, eval: 8 } });
  const { monitors: cut } = fitMonitors(everything, index, 224, []);
  expect(cut?.onlineKnn?.bankSamples).toBe(Math.floor((128 * 1024 * 1024) / (224 * 224 * 3)));
});

test.each([
  ['no classes', tinyIndex({ classes: [] })],
  ['no tune split', tinyIndex({ splits: { train: 40, tune: 0, eval: 8 } })],
])('with %s there is no online k-NN and no probing before the end, and notes say so', (lack, index) => {
  const result = fitted({}, index);
  expect(result.monitors).toMatchObject({ samples: 40, onlineKnn: null });
  expect(result.probe.everyEpochs).toBeNull();
  expect(result.earlyStopping).toEqual([rules[2]]);
  expect(result.notes).toEqual(
    ['online k-NN', 'probing while the run trains', 'early stopping on online-knn', 'early stopping on probe-knn'].map(
      (what) => `the dataset has ${lack}, so there is no ${what}`,
    ),
  );
});

test.each([
  [{ monitors: null }, 'a rule is on online-knn, but monitors is null', 'earlyStopping=null'],
  [{ monitors: { ...monitors, onlineKnn: null } }, 'but monitors.onlineKnn is null', 'set monitors.onlineKnn'],
  [{ probe: { ...probe, everyEpochs: null } }, 'but probe.everyEpochs is null', 'set probe.everyEpochs=5'],
  [{ probe: { ...probe, tuneKinds: ['linear'] } }, 'probe.tuneKinds is [linear]', 'set probe.tuneKinds=[linear, knn]'],
])('a rule on what is not measured is refused: %j', (change, message, remedy) => {
  const error = refusal(change);
  expect(error.field).toBe('earlyStopping');
  expect(error.message).toContain(message);
  expect(error.remedy).toContain(remedy);
});

test('more neighbours than a probe on tune has images is refused by number', () => {
  expect(refusal({ probe: { ...probe, k: 50, tuneTrainSamples: 30 } })).toMatchObject({
    field: 'probe.k',
    message: 'probe.k: 50 neighbours, but probes on tune have 30 images of train',
    remedy: 'use at most 30, or more of train (probe.tuneTrainSamples)',
  });
});
