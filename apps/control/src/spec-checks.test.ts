import { resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import { ConflictError, type DatasetIndex, keys, type Recipe, UsageError } from '#lib/contracts';

import { Admissions } from './admit.ts';
import { pretrainWorker, putDataset, sha, tinyControl, tinyIndex, tinyModel, tinyRecipe } from './control.fixture.ts';
import { findRecipe, loadRecipes } from './recipes.ts';
import { resolveSpec } from './resolve-spec.ts';
import { TrainingPlaces } from './training-places.ts';
import { Workers } from './workers.ts';

// What hurt before: a spec that can't work ran for a while first. Each is refused before the first step.

const recipes = await loadRecipes(resolve(import.meta.dirname, '../../../recipes'));
const mae = findRecipe(recipes, 'mae');
const large = tinyIndex({
  splits: { train: 500, tune: 0, eval: 50 },
  classCounts: { train: [250, 250], tune: [0, 0], eval: [25, 25] },
});

function refusal(
  changes: Record<string, string>,
  recipe: Recipe = tinyRecipe,
  index: DatasetIndex = tinyIndex(),
): UsageError {
  try {
    resolveSpec({ recipeName: 'tiny', recipe, changes, dataset: { name: 'pets', contentHash: sha('c'), index } });
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('image size, patch size and mask ratio are checked together', () => {
  test('a patch that does not divide the image: both sizes, and what would do', () => {
    expect(refusal({ patchSize: '6' }, mae, large)).toMatchObject({
      field: 'backbone.options.patchSize',
      message: "patches: an image of 32×32 pixels can't be cut into patches of 6×6",
      remedy: expect.stringContaining('use images of 30 or 36'),
    });
  });

  test('resizing the image makes room for the patch', () => {
    const changes = { patchSize: '6', resize: '48' };
    const dataset = { name: 'pets', contentHash: sha('c'), index: large };
    expect(() => resolveSpec({ recipeName: 'mae', recipe: mae, changes, dataset })).not.toThrow();
    expect(refusal({ patchSize: '6', resize: '50' }, mae, large).message).toContain('50×50');
  });

  test.each([
    [{ maskRatio: '0.99' }, 'keeps 0 of 64 patches'],
    [{ patchSize: '32' }, 'keeps 0 of 1 patches'],
  ])('%j', (changes, words) => {
    expect(refusal(changes, mae, large)).toMatchObject({
      field: 'method.options.maskRatio',
      message: expect.stringContaining(words),
      remedy: expect.stringMatching(/use a ratio from 0\.016 to 0\.984|use smaller patches/),
    });
  });

  test.each(['0', '1', '1.5', '-0.1'])('a mask ratio of %s is out of range, and a right one is named', (ratio) => {
    expect(refusal({ maskRatio: ratio }, mae, large)).toMatchObject({
      field: 'method.options.maskRatio',
      message: expect.stringContaining(`got ${ratio}`),
      remedy: 'for example method.options.maskRatio=0.75',
    });
  });
});

test.each([
  ['numPatches', 'image.size and patchSize'],
  ['backbone.options.patches', 'image.size and patchSize'],
  ['method.options.keptPatches', 'maskRatio, image.size and patchSize'],
  ['totalSteps', 'epochs, batch and the dataset'],
  ['schedule.warmupSteps', 'schedule.warmupEpochs'],
  ['featureSize', 'the backbone'],
])('%s is derived, never a setting: the refusal says what it follows from', (key, from) => {
  expect(refusal({ [key]: '64' }, mae, large)).toMatchObject({
    field: key,
    message: expect.stringContaining(`${key}: is no setting, it follows from ${from}`),
    remedy: expect.stringContaining('change '),
  });
});

test.each([
  [{ batch: '0' }, 'batch', 'for example batch=8'],
  [{ epochs: '-1' }, 'epochs', 'for example epochs=2'],
  [{ 'learningRate.base': '0' }, 'learningRate.base', 'for example learningRate.base=0.1'],
  [{ 'image.std': '[0, 1, 1]' }, 'image.std.0', 'for example image.std.0=0.25'],
  [{ projectorWidth: '0' }, 'method.options.projectorWidth', 'for example method.options.projectorWidth=2048'],
])('%j: field, value and rule, and a value that works', (changes, field, remedy) => {
  const error = refusal(changes);
  expect(error).toMatchObject({ field, remedy });
  expect(error.message).toMatch(/got (0|-1)$/);
});

describe('the dataset', () => {
  const call = { recipe: 'tiny', changes: {} };

  test('an unknown one is answered with the nearest, one that is not ready says so', async () => {
    const tiny = tinyControl();
    await putDataset(tiny, 'pets');
    await expect(tiny.control.runs.check({ ...call, dataset: 'pet' })).rejects.toMatchObject({
      field: 'dataset',
      nearest: 'pets',
      remedy: 'known: pets',
    });
  });

  test('one whose shards are gone is refused, naming one and how to bring it back', async () => {
    const tiny = tinyControl();
    await putDataset(tiny, 'pets');
    await tiny.store.delete(keys.shard(sha('a'), 'small'));
    const refused = tiny.control.runs.start({ ...call, dataset: 'pets' });
    await expect(refused).rejects.toThrow(ConflictError);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining(`1 of its 1 shards are not in`),
      remedy: 'ingest it again: ./unlabel ingest SOURCE --name pets',
    });
    expect(await tiny.control.runs.names()).toEqual([]);
  });
});

describe('memory', () => {
  const call = { recipe: 'tiny', dataset: 'pets', changes: {} };
  const refused = {
    message: 'batch: 8 takes about 9.0 GB of memory, box has 4.0 GB',
    remedy: 'use batch=2',
    field: 'batch',
  };

  test('a spec that fits in no worker is refused in the words of the check, and nothing is stored', async () => {
    const tiny = tinyControl({ admission: async () => [{ model: tinyModel, refusal: refused }] });
    await putDataset(tiny, 'pets');
    for (const attempt of [tiny.control.runs.check(call), tiny.control.runs.start(call)]) {
      await expect(attempt).rejects.toThrow(UsageError);
      await expect(attempt).rejects.toMatchObject(refused);
    }
    expect(await tiny.control.runs.names()).toEqual([]);
    expect(tiny.published).toEqual([]);
  });

  test('a check tells spec, model, steps and the place with most memory, and starts nothing', async () => {
    const tiny = tinyControl();
    await putDataset(tiny, 'pets');
    tiny.control.workers.receive(pretrainWorker('small', 4e9));
    const place = { name: 'box', device: 'cpu', bytes: 16e9 };
    expect(await tiny.control.runs.check(call)).toMatchObject({
      spec: { batch: 8, epochs: 2 },
      model: tinyModel,
      notes: [],
      place,
      stepsPerEpoch: 5,
      totalSteps: 10,
    });
    expect(await tiny.control.runs.names()).toEqual([]);
  });

  test('where no worker has said what it has, nothing is refused, and a note says so', async () => {
    const places = new TrainingPlaces(new Workers());
    const admissions = new Admissions(async () => [{ model: tinyModel, refusal: null }], places);
    const dataset = { name: 'pets', contentHash: sha('c'), index: tinyIndex() };
    const { spec } = resolveSpec({ recipeName: 'tiny', recipe: tinyRecipe, changes: {}, dataset });
    expect(await admissions.admit([spec])).toEqual([
      {
        model: tinyModel,
        place: null,
        notes: [
          'no worker has said how much memory it has: a run takes about 0.6 GB of memory, checked again where it trains',
        ],
      },
    ]);
  });

  test('the model is stored with the run', async () => {
    const tiny = tinyControl();
    await putDataset(tiny, 'pets');
    const { run } = await tiny.control.runs.start(call);
    expect((await tiny.control.runs.detail(run)).model).toEqual(tinyModel);
  });
});
