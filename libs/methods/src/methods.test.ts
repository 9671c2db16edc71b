import {
  div,
  fill,
  memory,
  slice,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tensor2d,
  type Tensor4D,
  type TensorContainer,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';
import { backbones, initialise, scopeOf } from '#lib/nn';

import { barlowTwins, findMethod, mae, type MethodInstance, methods, nnclr, simsiam } from './index.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const image = { height: 8, width: 8, channels: 3 };
const pixels = { mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.3] };
const smallVit = { name: 'vit-report', options: { patchSize: 4, depth: 1 } };
const smallDecoder = { decoderWidth: 16, decoderDepth: 1, decoderHeads: 2 };
const tinyMae = (options: object = {}, backbone = smallVit, size = image) =>
  mae.build({ backbone, image: size, pixels, options: mae.options.parse({ ...smallDecoder, ...options }) });
const tinySimSiam = (options: object = {}) =>
  simsiam.build({
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    image,
    pixels,
    options: simsiam.options.parse({ projectorWidth: 8, predictorWidth: 4, ...options }),
  });

const tinyResNet = { name: 'resnet20-v2', options: { width: 2 } };
const tinyBarlow = (options: object = {}) =>
  barlowTwins.build({
    backbone: tinyResNet,
    image,
    pixels,
    options: { projectorWidths: [8, 6], ...options } as never,
  });
const tinyNnclr = (options: object = {}) =>
  nnclr.build({
    backbone: tinyResNet,
    image,
    pixels,
    options: { projectorWidths: [8, 6], predictorWidth: 5, queueSize: 8, ...options } as never,
  });

/** What `use` makes of the instance's first parameters; evaluation mode. */
function withState<T extends TensorContainer>(instance: MethodInstance, use: (state: Record<string, Tensor>) => T): T {
  const values = initialise(instance.parameters, 1);
  return tidy(() =>
    use(Object.fromEntries(instance.parameters.map(({ name, shape }) => [name, tensor(values[name]!, shape)]))),
  );
}

const features = (instance: MethodInstance, size = image) =>
  withState(instance, (state) => {
    const pixels = Float32Array.from({ length: 3 * size.height * size.width * 3 }, (_, i) => Math.sin(i));
    const images = tensor(pixels, [3, size.height, size.width, 3]) as Tensor4D;
    const result = instance.features(scopeOf(state, false), images);
    expect(result.shape).toEqual([3, instance.featureSize]);
    return result.arraySync();
  });

test.each(Object.values(methods))('$name has a complete entry', (method) => {
  expect(method.papers.length).toBeGreaterThan(0);
  for (const name of method.backbones) expect(Object.keys(backbones)).toContain(name);
  const schema = z.toJSONSchema(method.options, { io: 'input' }) as {
    properties: Record<string, z.core.JSONSchema.JSONSchema>;
  };
  for (const property of Object.values(schema.properties)) {
    expect(property.description).toBeTruthy();
    expect(property.default).toBeDefined();
  }
});

test('an unknown method is answered with the nearest and all known ones', () => {
  expect(findMethod('mae')).toBe(methods['mae']);
  expect(() => findMethod('simsam')).toThrow(UsageError);
  expect(() => findMethod('simsam')).toThrow(
    expect.objectContaining({
      nearest: 'simsiam',
      remedy: 'known: mae, simsiam, barlow-twins, nnclr',
      field: 'method.name',
    }),
  );
  expect(() => findMethod('constructor')).toThrow(/unknown method/);
});

test("defaults are the papers' values", () => {
  expect(mae.options.parse({})).toMatchObject({
    maskRatio: 0.75,
    normPix: true,
    decoderWidth: 512,
    decoderDepth: 8,
    decoderHeads: 16,
  });
  expect(simsiam.options.parse({})).toEqual({
    projectorLayers: 3,
    projectorWidth: 2048,
    predictorWidth: 512,
    fixPredictorLearningRate: true,
  });
  expect(barlowTwins.options.parse({})).toEqual({ projectorWidths: [8192, 8192, 8192], lambda: 0.0051, scale: 1 });
  expect(nnclr.options.parse({})).toEqual({
    projectorWidths: [2048, 2048, 256],
    predictorWidth: 4096,
    queueSize: 98304,
    temperature: 0.1,
  });
});

test.each([
  ['an option it does not have', { maskRate: 0.5 }, {}, 'maskRate'],
  ['a ratio that keeps nothing', { maskRatio: 0.9 }, {}, 'keeps 0 of 4 patches'],
  ['a ratio of 1', { maskRatio: 1 }, {}, 'maskRatio'],
  ['decoder heads that do not divide', { decoderHeads: 3 }, {}, "3 decoderHeads don't divide a decoderWidth of 16"],
  ['a decoder width that has no position codes', { decoderWidth: 18 }, {}, 'decoderWidth'],
  ['a sigmoid head with normalised targets', { head: 'sigmoid' }, {}, 'normPix'],
  ['cls pooling without a class token', { pooling: 'cls' }, {}, 'no class token'],
  ['a backbone whose norm would not be trained', {}, { pool: 'avg' }, 'pool is avg'],
])('mae refuses %s', (_, options, backboneOptions, message) => {
  const wrong = () =>
    mae.build({
      backbone: { name: 'vit-report', options: { ...smallVit.options, ...backboneOptions } },
      image,
      pixels,
      options: { ...smallDecoder, ...options } as never,
    });
  expect(wrong).toThrow(UsageError);
  expect(wrong).toThrow(message);
});

test('decoder heads that do not divide are answered with those that do', () => {
  expect(() => tinyMae({ decoderHeads: 3 })).toThrow(expect.objectContaining({ remedy: 'use 2 or 4 heads' }));
});

test('a patch that does not divide the image is refused with both sizes and the nearest that would do', () => {
  const wrong = () => tinyMae({}, smallVit, { height: 30, width: 30, channels: 3 });
  expect(wrong).toThrow(/30×30 pixels .* 4×4/);
  expect(wrong).toThrow(expect.objectContaining({ remedy: expect.stringContaining('28 or 32') }));
});

test('mae refuses a backbone that is no vision transformer, naming those that it trains', () => {
  const wrong = () => tinyMae({}, { name: 'resnet18', options: {} as never });
  expect(wrong).toThrow("can't train resnet18");
  expect(wrong).toThrow(expect.objectContaining({ remedy: expect.stringContaining('vit-tiny') }));
});

test('encoder parameters are named apart, and every name is there once', () => {
  for (const instance of [tinyMae(), tinySimSiam(), tinyBarlow(), tinyNnclr()]) {
    const names = instance.parameters.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.startsWith('encoder.')).length).toBeGreaterThan(5);
  }
  expect(tinyMae().parameters.map(({ name }) => name)).toContain('encoder.patch_embed.proj.weight');
  expect(tinySimSiam().parameters.map(({ name }) => name)).toContain('projector.layers.7.running_mean');
  expect(tinySimSiam({ projectorLayers: 2 }).parameters.some(({ name }) => name.includes('layers.6'))).toBe(false);
});

test("the report's variant: 32 pixels resized to 48, patches of 6, a decoder of 64 × 2, a sigmoid head", () => {
  const size = { height: 32, width: 32, channels: 3 };
  const options = { resize: 48, decoderWidth: 64, decoderDepth: 2, head: 'sigmoid', normPix: false };
  const instance = tinyMae(options, { name: 'vit-report', options: { patchSize: 6, depth: 1 } }, size);
  expect(instance.inputs({ batch: 2 })).toEqual({
    kept: { shape: [2, 16], dtype: 'int32' },
    restore: { shape: [2, 64], dtype: 'int32' },
  });
  features(instance, size);
});

test('features of an image do not depend on the images beside it, nor on masks', () => {
  for (const instance of [
    tinyMae(),
    tinyMae({ pooling: 'cls' }, classTokenVit),
    tinySimSiam(),
    tinyBarlow(),
    tinyNnclr(),
  ]) {
    const all = features(instance);
    withState(instance, (state) => {
      const pixels = Float32Array.from({ length: 192 }, (_, i) => Math.sin(192 + i));
      const one = instance.features(scopeOf(state, false), tensor(pixels, [1, 8, 8, 3]) as Tensor4D).dataSync();
      one.forEach((value, i) => expect(Math.abs(value - all[1]![i]!)).toBeLessThan(1e-5));
    });
  }
});
const classTokenVit = { name: 'vit-report', options: { patchSize: 4, depth: 1, classToken: true } };

test('the predictor alone keeps the peak learning rate, if that is wanted', () => {
  const rates = (instance: MethodInstance) => (name: string) => instance.learningRateOf?.(name);
  const fixed = rates(tinySimSiam());
  expect(fixed('predictor.layers.0.weight')).toBe('constant');
  expect(fixed('projector.layers.0.weight')).toBe('scheduled');
  expect(rates(tinySimSiam({ fixPredictorLearningRate: false }))('predictor.layers.0.weight')).toBe('scheduled');
});

test('images of another size are refused by both sizes', () => {
  const instance = tinyMae();
  withState(instance, (state) => {
    const wrong = fill([2, 12, 12, 3], 0) as Tensor4D;
    expect(() => instance.features(scopeOf(state, false), wrong)).toThrow('[N, 8, 8, 3], got [2, 12, 12, 3]');
  });
});

test('with a sigmoid head the target is the pixels in 0..1, whatever views are normalised by', () => {
  const errors = [pixels, { mean: [0, 0, 0], std: [1, 1, 1] }].map((given) => {
    const options = mae.options.parse({ ...smallDecoder, head: 'sigmoid', normPix: false });
    const instance = mae.build({ backbone: smallVit, image, pixels: given, options });
    return withState(instance, (state) => {
      // A decoder that says σ(0) = ½ everywhere: the error is the distance of the pixels from ½.
      const silent = { ...state, 'decoder_pred.weight': fill([16, 48], 0), 'decoder_pred.bias': fill([48], 0) };
      const inZeroOne = tensor(
        Float32Array.from({ length: 192 }, (_, i) => [0.5, 0.75, 1][i % 3]!),
        [1, 8, 8, 3],
      );
      const view = div(sub(inZeroOne, tensor1d(given.mean)), tensor1d(given.std)) as Tensor4D;
      const draws = instance.drawInputs({ seed: 1, epoch: 0, samples: [0] });
      const inputs = Object.fromEntries(
        Object.entries(draws).map(([name, values]) => [name, tensor2d(values, [1, values.length], 'int32')]),
      );
      const { loss, terms } = instance.loss(scopeOf(silent, true), [view], inputs);
      return [loss.dataSync()[0]!, terms['meanAbsoluteError']!.dataSync()[0]!];
    });
  });
  for (const [loss, absolute] of errors) {
    expect(loss).toBeCloseTo((0 + 1 / 16 + 1 / 4) / 3, 5);
    expect(absolute).toBeCloseTo(0.25, 5);
  }
});

describe('options that cannot be', () => {
  test.each([
    [{ lambda: 0 }, 'method.options.lambda', 'got 0'],
    [{ lambda: -0.1 }, 'method.options.lambda', 'got -0.1'],
    [{ scale: 0 }, 'method.options.scale', 'got 0'],
    [{ projectorWidths: [] }, 'method.options.projectorWidths', 'got []'],
    [{ projectorWidths: [8, 0] }, 'method.options.projectorWidths.1', 'got 0'],
  ])('barlow-twins refuses %j by field and value', (options, field, got) => {
    expect(() => tinyBarlow(options)).toThrow(UsageError);
    expect(() => tinyBarlow(options)).toThrow(
      expect.objectContaining({ field, message: expect.stringContaining(got) }),
    );
  });

  test.each([
    [{ temperature: 0 }, 'method.options.temperature', 'got 0'],
    [{ queueSize: 0 }, 'method.options.queueSize', 'got 0'],
    [{ predictorWidth: 0 }, 'method.options.predictorWidth', 'got 0'],
    [{ projectorWidths: [0] }, 'method.options.projectorWidths.0', 'got 0'],
  ])('nnclr refuses %j by field and value', (options, field, got) => {
    expect(() => tinyNnclr(options)).toThrow(UsageError);
    expect(() => tinyNnclr(options)).toThrow(expect.objectContaining({ field, message: expect.stringContaining(got) }));
  });

  test('a projector of width 0 is refused for simsiam, too', () => {
    expect(() => tinySimSiam({ projectorWidth: 0 })).toThrow(/projectorWidth/);
  });

  test('a queue smaller than the batch, or no multiple of it, is answered with sizes that would do', () => {
    const inputs = (queueSize: number, batch: number) => () => tinyNnclr({ queueSize }).inputs({ batch });
    expect(inputs(8, 16)).toThrow(UsageError);
    expect(inputs(8, 16)).toThrow('a queue of 8 is smaller than the batch of 16');
    expect(inputs(8, 16)).toThrow(expect.objectContaining({ remedy: 'use 16, or another batch' }));
    expect(inputs(100, 16)).toThrow('a queue of 100 is no multiple of the batch of 16');
    expect(inputs(100, 16)).toThrow(
      expect.objectContaining({ remedy: 'use 96 or 112, or another batch', field: 'method.options.queueSize' }),
    );
    expect(inputs(96, 16)()).toEqual({});
  });

  test('a batch of one has no statistics: every method with batch norm in its heads refuses it', () => {
    const queued = tinyNnclr();
    for (const instance of [tinySimSiam(), tinyBarlow(), queued]) {
      expect(() => instance.inputs({ batch: 1 })).toThrow(expect.objectContaining({ field: 'batch' }));
      expect(instance.inputs({ batch: instance === queued ? 8 : 2 })).toEqual({});
    }
  });
});

describe("nnclr's queue", () => {
  const views = (seed: number) =>
    [0, 1].map((view) =>
      tensor(
        Float32Array.from({ length: 4 * 192 }, (_, i) => Math.sin(1 + 12.9898 * i + 78.233 * (2 * seed + view))),
        [4, 8, 8, 3],
      ),
    ) as Tensor4D[];

  test('is a buffer of unit rows that depends on the seed', () => {
    const { parameters } = tinyNnclr();
    const queue = parameters.filter(({ name }) => name.startsWith('queue.'));
    expect(queue.map(({ shape, trainable, decay }) => ({ shape, trainable, decay }))).toEqual([
      { shape: [8, 6], trainable: false, decay: false },
      { shape: [1], trainable: false, decay: false },
    ]);
    const [one, two] = [1, 2].map((seed) => initialise(parameters, seed)['queue.rows']!);
    expect(one).not.toEqual(two);
    for (let row = 0; row < 8; row++) expect(Math.hypot(...one!.subarray(6 * row, 6 * row + 6))).toBeCloseTo(1, 5);
  });

  test('takes the first view of each batch, unit length, oldest rows first; neighbours come from before', () => {
    const instance = tinyNnclr();
    withState(instance, (first) => {
      let state = first;
      const rows = (from: number, count: number) => slice(state['queue.rows']!, [from, 0], [count, 6]).dataSync();
      const untouched = rows(4, 4);
      const step = (given: Tensor4D[]) => {
        const scope = scopeOf(state, true);
        const { terms } = instance.loss(scope, given, {});
        state = { ...state, ...scope.written };
        return { similarity: terms['neighbourSimilarity']!.dataSync()[0]!, written: scope.written };
      };
      const made: Record<string, Tensor>[] = [];
      const { similarity, written } = step(views(1));
      made.push(written);
      expect(similarity).toBeLessThan(0.999); // else an image would have found itself
      expect(state['queue.position']!.dataSync()[0]).toBe(4);
      expect(rows(4, 4)).toEqual(untouched);
      const batchOne = rows(0, 4);
      for (let row = 0; row < 4; row++) expect(Math.hypot(...batchOne.slice(6 * row, 6 * row + 6))).toBeCloseTo(1, 5);
      const again = step([views(1)[0]!, views(1)[0]!]); // the first view's embeddings are in the queue now
      made.push(again.written);
      expect(again.similarity).toBeGreaterThan(0.9999);
      expect(state['queue.position']!.dataSync()[0]).toBe(0);
      expect(rows(0, 4)).toEqual(batchOne);
      made.push(step(views(2)).written);
      expect(rows(0, 4)).not.toEqual(batchOne);
      for (const tensors of made) for (const each of Object.values(tensors)) each.dispose();
      return [];
    });
  });
});
