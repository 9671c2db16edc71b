import { describe, expect, test } from 'vitest';

import { type ExperimentFile, experimentFileSchema, type Recipe, UsageError } from '#lib/contracts';

import { sha, tinyIndex, tinyRecipe } from './control.fixture.ts';
import { expandExperiment } from './expand-experiment.ts';

const mae: Recipe = {
  ...tinyRecipe,
  method: { name: 'mae', options: {} },
  backbone: { name: 'vit-report', options: { patchSize: 8 }, weights: null },
  views: { version: 1, views: [{ count: 1, operations: [{ op: 'random-resized-crop', size: 'image' }] }] },
  epochs: 3,
};
const recipes = new Map([
  ['tiny', tinyRecipe],
  ['tiny-mae', mae],
]);
const dataset = { name: 'pets', contentHash: sha('c'), index: tinyIndex() };
const both: unknown[] = [{ recipe: 'tiny' }, { recipe: 'tiny-mae' }];

/** @param file what it says beside the usual */
function expand(file: object = {}, changes: Record<string, string> = {}) {
  const whole: ExperimentFile = experimentFileSchema.parse({
    kind: 'experiment',
    version: 1,
    title: 'T',
    runs: both,
    ...file,
  });
  return expandExperiment({ file: whole, changes, recipes, dataset });
}
const specs = (...given: Parameters<typeof expand>) => expand(...given).runs.map(({ spec }) => spec);
const refusal = (...given: Parameters<typeof expand>) => {
  try {
    expand(...given);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error as UsageError;
  }
  throw new Error('it was not refused');
};

test('a run each, as its recipe says, named by recipe and spec', () => {
  const { runs } = expand();
  expect(runs.map(({ label, spec }) => [label, spec.method.name, spec.epochs])).toEqual([
    ['tiny', 'simsiam', 2],
    ['tiny-mae', 'mae', 3],
  ]);
  expect(runs[0]?.run).toMatch(/^tiny-[0-9a-f]{10}$/);
  expect(expand().runs.map(({ run }) => run)).toEqual(runs.map(({ run }) => run));
  expect(expand({}, { epochs: '1' }).runs[0]?.run).not.toBe(runs[0]?.run);
});

describe('changes', () => {
  test('common ones reach the runs that have the key, and no others', () => {
    const [simsiam, masked] = specs({ set: { maskRatio: 0.5, batch: 4 } });
    expect([simsiam?.batch, masked?.batch]).toEqual([4, 4]);
    expect(masked?.method.options).toMatchObject({ maskRatio: 0.5 });
    expect(simsiam?.method.options).not.toHaveProperty('maskRatio');
  });

  test('the caller goes before a run, a run before the file, the file before the recipe', () => {
    const file = {
      set: { batch: 4, 'probe.k': 3 },
      runs: [{ recipe: 'tiny', set: { batch: 5 } }, { recipe: 'tiny-mae' }],
    };
    expect(specs(file).map(({ batch, probe }) => [batch, probe.k])).toEqual([
      [5, 3],
      [4, 3],
    ]);
    expect(specs(file, { batch: '6' }).map(({ batch }) => batch)).toEqual([6, 6]);
  });

  test('groups may be given whole', () => {
    const [spec] = specs({ set: { checkpoint: { keep: 1 } } });
    expect(spec?.checkpoint).toMatchObject({ keep: 1, everyEpochs: 1 });
  });
});

describe('length', () => {
  test('a budget is every run’s; the caller’s replaces it whole', () => {
    expect(specs({ budget: { epochs: 7 } }).map(({ epochs }) => epochs)).toEqual([7, 7]);
    const inImages = specs({ budget: { images: 100 } });
    expect(inImages.map(({ budget, epochs }) => [budget, epochs])).toEqual([
      [{ images: 100 }, 3], // 12 steps of 8 images, 5 an epoch
      [{ images: 100 }, 3],
    ]);
    expect(specs({ budget: { images: 100 } }, { epochs: '1' }).map(({ budget, epochs }) => [budget, epochs])).toEqual([
      [null, 1],
      [null, 1],
    ]);
    expect(specs({ budget: { epochs: 7 } }, { minutes: '0.5' })[0]?.budget).toEqual({ minutes: 0.5 });
  });

  test('runs of different lengths are pointed out', () => {
    expect(expand().notes).toContainEqual('the runs are of different lengths: tiny 2 epochs; tiny-mae 3 epochs');
    expect(expand({}, { epochs: '1' }).notes.join()).not.toContain('different lengths');
  });

  test.each([
    [{ epochs: '1', minutes: '2' }, 'epochs and minutes: a run has one length'],
    [{ minutes: '0' }, 'minutes: must be a number above 0; got 0'],
    [{ images: '1.5' }, 'images: must be a whole number above 0; got 1.5'],
    [{ epochs: '-1' }, 'epochs'],
  ])('refuses %j', (changes, message) => {
    expect(refusal({}, changes).message).toContain(message);
  });
});

describe('seeds', () => {
  test('each gives a run of the same label', () => {
    const { runs } = expand({ seeds: [1, 2], runs: [{ recipe: 'tiny' }] });
    expect(runs.map(({ label, spec }) => [label, spec.seed])).toEqual([
      ['tiny', 1],
      ['tiny', 2],
    ]);
    expect(specs({ seeds: [1, 2] }, { seed: '9' }).map(({ seed }) => seed)).toEqual([9, 9]);
    expect(specs({ runs: [{ recipe: 'tiny' }] }, { seeds: '[3, 4, 3]' }).map(({ seed }) => seed)).toEqual([3, 4]);
  });

  test('refuses what is no seed', () => {
    expect(refusal({}, { seed: 'x' }).message).toContain('seed: must be whole numbers of at least 0; got x');
    expect(refusal({ set: { seed: 3 } }).message).toContain('the seed of an experiment is given by seeds');
  });
});

test('says which runs share their views', () => {
  const runs = [
    { recipe: 'tiny' },
    { recipe: 'tiny', label: 'wide', set: { predictorWidth: 16 } },
    { recipe: 'tiny-mae' },
  ];
  expect(expand({ runs }).notes).toContainEqual('tiny, wide train on the same views: each block is made once');
  expect(expand({ seeds: [1, 2], runs: [{ recipe: 'tiny' }] }).notes.join()).not.toContain('same views');
});

describe('refusals', () => {
  test('of an unknown recipe name the run and the nearest recipe', () => {
    const error = refusal({ runs: [{ recipe: 'tiny' }, { recipe: 'tiny-mea' }] });
    expect(error.message).toBe('runs.1 (tiny-mea): unknown recipe "tiny-mea"; did you mean "tiny-mae"?');
    expect(error).toMatchObject({ field: 'runs.1.recipe', nearest: 'tiny-mae', remedy: 'known: tiny, tiny-mae' });
  });

  test('of a common key that no run has name the nearest key', () => {
    for (const error of [refusal({ set: { epoch: 1 } }), refusal({}, { epoch: '1' })]) {
      expect(error.message).toBe('unknown key "epoch"; did you mean "epochs"? (no run of the experiment has it)');
      expect(error).toMatchObject({ field: 'epoch', nearest: 'epochs' });
    }
  });

  test('of a run’s own key hold also where another run has it', () => {
    const error = refusal({ runs: [{ recipe: 'tiny', set: { maskRatio: 0.5 } }, { recipe: 'tiny-mae' }] });
    expect(error.message).toMatch(/^runs\.0 \(tiny\): unknown key "maskRatio"/);
  });

  test('of a value name the run and the field', () => {
    const error = refusal({}, { maskRatio: '2' });
    expect(error.message).toMatch(/^runs\.1 \(tiny-mae\): method\.options\.maskRatio/);
  });

  test('of labels and runs that are there twice', () => {
    expect(refusal({ runs: [{ recipe: 'tiny' }, { recipe: 'tiny', set: { batch: 4 } }] })).toMatchObject({
      message: 'runs.1: two runs are called tiny',
      field: 'runs.1.label',
    });
    expect(refusal({ runs: [{ recipe: 'tiny' }, { recipe: 'tiny', label: 'again' }] }).message).toBe(
      'runs: tiny and again are one and the same run',
    );
  });
});
