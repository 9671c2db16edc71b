import { fill, memory, type Tensor, tensor, type Tensor4D, type TensorContainer, tidy } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';
import { backbones, initialise, scopeOf } from '#lib/nn';

import { findMethod, mae, type MethodInstance, methods, simsiam } from './index.ts';

afterEach(() => expect(memory().numTensors).toBe(0));

const image = { height: 8, width: 8, channels: 3 };
const smallVit = { name: 'vit-report', options: { patchSize: 4, depth: 1 } };
const smallDecoder = { decoderWidth: 16, decoderDepth: 1, decoderHeads: 2 };
const tinyMae = (options: object = {}, backbone = smallVit, size = image) =>
  mae.build({ backbone, image: size, options: mae.options.parse({ ...smallDecoder, ...options }) });
const tinySimSiam = (options: object = {}) =>
  simsiam.build({
    backbone: { name: 'resnet20-v2', options: { width: 2 } },
    image,
    options: simsiam.options.parse({ projectorWidth: 8, predictorWidth: 4, ...options }),
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
    expect.objectContaining({ nearest: 'simsiam', remedy: 'known: mae, simsiam', field: 'method.name' }),
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
  for (const instance of [tinyMae(), tinySimSiam()]) {
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
  for (const instance of [tinyMae(), tinyMae({ pooling: 'cls' }, classTokenVit), tinySimSiam()]) {
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
