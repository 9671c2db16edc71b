import { resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import { type DatasetIndex, type Recipe, UsageError } from '#lib/contracts';

import { sha, tinyIndex, tinyRecipe } from './control.fixture.ts';
import { findRecipe, loadRecipes } from './recipes.ts';
import { resolveSpec } from './resolve-spec.ts';

const recipes = await loadRecipes(resolve(import.meta.dirname, '../../../recipes'));

function resolved(changes: Record<string, string> = {}, recipe: Recipe = tinyRecipe, index = tinyIndex()) {
  return resolveSpec({
    recipeName: 'tiny',
    recipe,
    changes,
    dataset: { name: 'pets', contentHash: sha('c'), index },
  });
}

function refusal(changes: Record<string, string>, recipe?: Recipe, index?: DatasetIndex): UsageError {
  try {
    resolved(changes, recipe, index);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const bigEnough = tinyIndex({ splits: { train: 500, tune: 25, eval: 50 } });

test.each([...recipes.keys()])(
  'recipe %s resolves on images of 32 px, or its own size, with every default written out',
  (name) => {
    const { spec, notes } = resolved({}, findRecipe(recipes, name), bigEnough);
    const ownSize = findRecipe(recipes, name).image.size;
    expect(spec.image.size).toBe(ownSize === 'dataset' ? 32 : ownSize);
    expect(spec.backbone.options).not.toEqual({});
    expect(JSON.stringify(spec.views)).not.toContain('"image"');
    expect(Math.log2(spec.blockSamples) % 1).toBe(0);
    expect(notes).toEqual([]);
  },
);

test('an unknown recipe is answered with the nearest one', () => {
  expect(() => findRecipe(recipes, 'simsam')).toThrow(
    expect.objectContaining({ field: 'recipe', nearest: 'simsiam', message: expect.stringContaining('"simsam"') }),
  );
});

describe('names, keys and values that are not known', () => {
  test.each([
    [{ 'method.name': 'simsim' }, 'method.name', 'simsiam'],
    [{ method: '{ name: maee }' }, 'method.name', 'mae'],
    [{ 'backbone.name': 'resnet20v2' }, 'backbone.name', 'resnet20-v2'],
    [{ epoch: '3' }, 'epoch', 'epochs'],
    [{ projectorWith: '3' }, 'projectorWith', 'projectorWidth'],
    [{ 'optimiser.momentm': '0.5' }, 'optimiser.momentm', 'optimiser.momentum'],
    [{ 'method.options.predictorwidth': '8' }, 'method.options.predictorwidth', 'method.options.predictorWidth'],
    [{ engine: 'captred' }, 'engine', 'captured'],
    [{ 'optimiser.name': 'adamww' }, 'optimiser.name', 'adamw'],
    [{ 'probe.kinds': '[kn]' }, 'probe.kinds.0', 'knn'],
  ])('%j is refused with the nearest match', (changes, field, nearest) => {
    expect(refusal(changes)).toMatchObject({ field, nearest });
  });

  test.each(['__proto__', '__proto__.toString', 'constructor', 'method.options.__proto__', 'toString'])(
    'key %s reaches nothing but the recipe',
    (key) => {
      expect(refusal({ [key]: '{}' }).message).toContain(`unknown key "${key}"`);
      expect(typeof Object.prototype.toString).toBe('function');
    },
  );

  test('a key below a value, and a value that is no YAML, are named', () => {
    expect(refusal({ 'epochs.x': '1' }).message).toContain('epochs is a value, not a group');
    expect(refusal({ epochs: '[1' }).message).toContain('epochs: the value "[1" is not YAML');
    expect(refusal({ epochs: '*x' }).field).toBe('epochs');
  });
});

describe('values of the wrong type or size', () => {
  test.each([
    [{ epochs: 'many' }, 'epochs', '"many"'],
    [{ epochs: '' }, 'epochs', 'null'],
    [{ epochs: '1.5' }, 'epochs', '1.5'],
    [{ seed: '-1' }, 'seed', '-1'],
    [{ projectorWidth: 'wide' }, 'method.options.projectorWidth', '"wide"'],
    [{ method: 'mae' }, 'method', '"mae"'],
    [{ views: '{ version: 1, views: [] }' }, 'views.views', '[]'],
  ])('%j names field and value', (changes, field, got) => {
    const error = refusal(changes);
    expect(error.field).toBe(field);
    expect(error.message.startsWith(`${field}: `)).toBe(true);
    expect(error.message).toContain(`got ${got}`);
  });
});

describe('what must fit together', () => {
  test('a batch larger than the split', () => {
    expect(refusal({ batch: '41' })).toMatchObject({ field: 'batch', remedy: 'use at most 40' });
    expect(resolved({ batch: '40' }).spec.batch).toBe(40);
  });

  test('a warm-up longer than the run, in epochs or in images', () => {
    const error = refusal({ 'schedule.warmupEpochs': '2.5' });
    expect(error).toMatchObject({
      field: 'schedule.warmupEpochs',
      remedy: expect.stringContaining('less than 2') as string,
    });
    expect(error.message).toContain('a warm-up of 2.5 epochs is longer than the run of 2');
    expect(resolved({ 'schedule.warmupEpochs': '2.5', epochs: '3' }).spec.epochs).toBe(3);
    expect(refusal({ 'schedule.warmupEpochs': '1', images: '20' }).field).toBe('schedule.warmupEpochs');
  });

  test.each([
    [{ 'optimiser.name': 'lars', trustCoefficient: '0.02' }, 'trustCoefficient'],
    [{ 'optimiser.name': 'lamb', 'optimiser.momentum': '0.9' }, 'optimiser.momentum'],
    [{ 'optimiser.name': 'lars', 'optimiser.trustCoefficient': '0' }, 'optimiser.trustCoefficient'],
    [{ 'optimiser.name': 'lars', 'optimiser.rule': 'lightning' }, 'optimiser.rule'],
    [{ 'schedule.per': 'image' }, 'schedule.per'],
    [{ gradientClip: '{ norm: 0 }' }, 'gradientClip.norm'],
    [{ 'gradientClip.norm': '0' }, 'gradientClip.norm'],
    [{ 'gradientClip.nrom': '1' }, 'gradientClip.norm'],
  ])('optimisation %j is refused by its field', (changes, field) => {
    expect(refusal(changes as unknown as Record<string, string>).field).toBe(field);
  });

  test('LARS and LAMB, a cosine per epoch and clipped gradients are a recipe away, defaults written out', () => {
    const { spec } = resolved({
      'optimiser.name': 'lars',
      'optimiser.clip': 'true',
      'optimiser.biasLearningRateFactor': '0.024',
      'schedule.name': 'cosine',
      'schedule.per': 'epoch',
      gradientClip: '{ norm: 3 }',
    });
    expect(spec.optimiser).toEqual({
      name: 'lars',
      momentum: 0.9,
      nesterov: false,
      trustCoefficient: 0.001,
      rule: 'lightly',
      clip: true,
      biasLearningRateFactor: 0.024,
      weightDecay: 0,
    });
    expect(spec.schedule).toEqual({ name: 'cosine', endFactor: 0, per: 'epoch' });
    expect(spec.gradientClip).toEqual({ norm: 3 });
    expect(resolved({ 'gradientClip.norm': '3' }).spec.gradientClip).toEqual({ norm: 3 });
    expect(resolved({ 'optimiser.name': 'lamb' }).spec.optimiser).toMatchObject({ epsilon: 1e-6, clip: false });
  });

  test('more neighbours than the bank has images', () => {
    expect(refusal({ 'probe.k': '41' })).toMatchObject({ field: 'probe.k', remedy: 'use at most 40' });
    expect(refusal({ 'probe.trainSamples': '4' })).toMatchObject({ field: 'probe.k', remedy: 'use at most 4' });
  });

  test('a recipe that makes another number of views than its method trains on', () => {
    expect(refusal({ 'views.views.0.count': '3' })).toMatchObject({
      field: 'views',
      message: expect.stringContaining('makes 3 views of an image, simsiam trains on 2'),
    });
  });

  test('a view of another size than the images', () => {
    expect(refusal({ 'views.views.0.operations.0.size': '24' }).message).toContain('a view of 24 px');
  });

  test('an image that the patch does not divide', () => {
    const mae = findRecipe(recipes, 'mae');
    expect(refusal({ 'image.size': '30' }, mae, bigEnough).message).toMatch(/30.*4|4.*30/);
    expect(refusal({ patchSize: '5' }, mae, bigEnough).message).toMatch(/32.*5|5.*32/);
  });

  test('a queue that is smaller than the batch, or no multiple of it', () => {
    const nnclr = findRecipe(recipes, 'brief-nnclr');
    expect(refusal({ queueSize: '128' }, nnclr, bigEnough)).toMatchObject({
      field: 'method.options.queueSize',
      message: expect.stringContaining('a queue of 128 is smaller than the batch of 256'),
      remedy: 'use 256, or another batch',
    });
    expect(refusal({ queueSize: '1000' }, nnclr, bigEnough)).toMatchObject({
      message: expect.stringContaining('no multiple of the batch of 256'),
      remedy: 'use 768 or 1024, or another batch',
    });
    expect(resolved({ queueSize: '1024' }, nnclr, bigEnough).spec.method.options).toMatchObject({ queueSize: 1024 });
  });

  test.each([
    ['brief-barlow-twins', { lambda: '0' }, 'method.options.lambda', 'got 0'],
    ['brief-barlow-twins', { lambda: '-1' }, 'method.options.lambda', 'got -1'],
    ['brief-barlow-twins', { projectorWidths: '[512, 0]' }, 'method.options.projectorWidths.1', 'got 0'],
    ['brief-simsiam', { projectorWidth: '0' }, 'method.options.projectorWidth', 'got 0'],
    ['brief-mae', { maskRatio: '1' }, 'method.options.maskRatio', 'got 1'],
    ['brief-mae', { maskRatio: '0' }, 'method.options.maskRatio', 'got 0'],
    ['brief-mae', { maskRatio: '0.99' }, 'method.options.maskRatio', 'keeps 0 of 64 patches'],
    ['brief-mae', { maskRatio: '0.000000000000000001' }, 'method.options.maskRatio', 'keeps 64 of 64 patches'],
    ['brief-simsiam', { batch: '1' }, 'batch', '1 image has no batch statistics'],
  ])('%s with %j is refused by field and value', (recipe, changes, field, got) => {
    const error = refusal(changes as unknown as Record<string, string>, findRecipe(recipes, recipe), bigEnough);
    expect(error.field).toBe(field);
    expect(error.message).toContain(got);
    expect(error.remedy).toBeTruthy();
  });

  test('a backbone that the method cannot train', () => {
    const error = refusal({ 'backbone.name': 'resnet18' }, findRecipe(recipes, 'mae'), bigEnough);
    expect(error).toMatchObject({ field: 'backbone.name', remedy: expect.stringContaining('vit-report') });
  });
});

describe('another choice than the recipe’s', () => {
  const asMae = {
    'method.name': 'mae',
    'backbone.name': 'vit-report',
    'views.views.0.count': '1',
    maskRatio: '0.6',
    decoderWidth: '32',
    decoderHeads: '4',
    patchSize: '4',
  };

  test('the options of the recipe’s own method are left behind, with a note', () => {
    const { spec, notes } = resolved(asMae);
    expect(spec.method).toMatchObject({ name: 'mae', options: { maskRatio: 0.6, decoderWidth: 32 } });
    expect(spec.method.options).not.toHaveProperty('projectorWidth');
    expect(spec.backbone).toMatchObject({ name: 'vit-report', options: { patchSize: 4 } });
    expect(notes[0]).toBe("method mae instead of the recipe's simsiam: its options start from its defaults");
  });

  test('a method alone fails by what it lacks, not by options of the other', () => {
    const error = refusal({ 'method.name': 'mae' });
    expect(error.message).toContain('mae trains on 1');
  });

  test('the method may be given as a group, or in quotes', () => {
    const { 'method.name': _, maskRatio: __, ...rest } = asMae;
    expect(resolved({ ...rest, method: '{ name: mae, options: { maskRatio: 0.6 } }' }).spec.method.name).toBe('mae');
    expect(resolved({ ...asMae, 'method.name': '"mae"' }).spec.method.name).toBe('mae');
  });

  test('another optimiser and schedule start from their defaults and take their own keys', () => {
    const { spec } = resolved({ 'optimiser.name': 'adamw', 'optimiser.beta2': '0.95', 'schedule.name': 'constant' });
    expect(spec.optimiser).toEqual({ name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 });
    expect(spec.schedule).toEqual({ name: 'constant' });
    expect(refusal({ 'schedule.name': 'step' }).field).toBe('schedule.milestonesEpochs');
    expect(resolved({ 'schedule.name': 'step', 'schedule.milestonesEpochs': '[1]' }).spec.schedule.name).toBe('step');
  });
});

test('images without classes, or without an eval split, are not probed, and a note says so', () => {
  const unlabelled = resolved({}, tinyRecipe, tinyIndex({ classes: [] }));
  expect(unlabelled.spec.probe.kinds).toEqual([]);
  expect(unlabelled.notes).toEqual(['the dataset has no classes, so nothing is probed']);
  const { spec, notes } = resolved({}, tinyRecipe, tinyIndex({ splits: { train: 40, tune: 0, eval: 0 } }));
  expect(spec.probe.kinds).toEqual([]);
  expect(notes).toEqual(['the dataset has no eval split, so nothing is probed']);
});

test.each(['train', 'eval'] as const)(
  'a %s split with images of one class is not probed, and a note says so',
  (split) => {
    const classCounts = { train: [20, 20], tune: [1, 1], eval: [4, 4], [split]: [8, 0] };
    const { spec, notes } = resolved({}, tinyRecipe, tinyIndex({ classCounts }));
    expect(spec.probe.kinds).toEqual([]);
    expect(notes).toEqual([`the dataset has images of one class only in ${split}, so nothing is probed`]);
  },
);

test('large images get views of 224 px, blocks of a few MiB and a stem that suits them; a backbone for small ones is refused', () => {
  const large = tinyIndex({ images: { kind: 'large' } });
  const { spec } = resolved({ 'backbone.name': 'resnet18' }, tinyRecipe, large);
  expect([spec.image.size, spec.blockSamples, spec.backbone.options['stem']]).toEqual([224, 16, 'auto']);
  const { field, message, remedy } = refusal({}, tinyRecipe, large);
  expect([field, message]).toEqual(['backbone.name', 'backbone resnet20-v2: is for images up to 128 px, got 224 px']);
  expect(remedy).toContain('backbone.name=resnet18');
});

test('blocks of about 4 MiB: a power of two of samples, from 16 to 4096, unless the recipe gives a number', () => {
  const samples = (changes: Record<string, string>) => resolved(changes).spec.blockSamples;
  expect(samples({})).toBe(512); // 2 views of 32 × 32 × 3 bytes: 682 fit
  expect(samples({ 'image.size': '8' })).toBe(4096);
  expect(samples({ 'image.size': '128' })).toBe(32);
  expect(samples({ 'image.size': '224', 'backbone.name': 'resnet18' })).toBe(16);
  expect(samples({ blockSamples: '50' })).toBe(50);
});
