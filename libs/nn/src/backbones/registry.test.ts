import { backend, fill, grads, memory, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { UsageError } from '#lib/contracts';
import { ShapeError, sumOver } from '#lib/tensor';

import { initialise } from '../initialise.ts';
import { type Backbone, scopeOf } from '../module.ts';
import { countParameters } from '../summary.ts';

import { backbones, buildBackbone } from './registry.ts';

const imageNet = { height: 224, width: 224, channels: 3 };
const small = { height: 16, width: 16, channels: 3 };
const stateOf = (backbone: Backbone, seed = 1): Record<string, Tensor> => {
  const values = initialise(backbone.parameters, seed);
  return Object.fromEntries(
    backbone.parameters.map(({ name, shape }) => [name, tensor(values[name] as Float32Array, shape)]),
  );
};

let tensorsBefore = 0;
beforeEach(() => void (tensorsBefore = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(tensorsBefore));

// torchvision's and timm's counts less their classifiers of 1000 classes; Keras's count less running statistics and the
// classifier of 10; the small ViT by hand.
test.each([
  ['resnet18', {}, imageNet, 11_689_512 - 513_000],
  ['resnet34', {}, imageNet, 21_797_672 - 513_000],
  ['resnet50', {}, imageNet, 25_557_032 - 2_049_000],
  ['vit-tiny', {}, imageNet, 5_717_416 - 193_000],
  ['vit-small', {}, imageNet, 22_050_664 - 385_000],
  ['vit-base', {}, imageNet, 86_567_656 - 769_000],
  ['resnet20-v2', { convBias: true }, { height: 32, width: 32, channels: 3 }, 574_090 - 3_488 - 2_570],
  ['vit-report', {}, { height: 48, width: 48, channels: 3 }, 817_280],
])('%s has as many parameters as the original, also in its table', (name, options, input, expected) => {
  const backbone = buildBackbone(name, options, input);
  expect(countParameters(backbone.parameters)).toBe(expected);
  expect(backbone.layers.reduce((total, { parameters }) => total + parameters, 0)).toBe(expected);
  expect(new Set(backbone.parameters.map((parameter) => parameter.name)).size).toBe(backbone.parameters.length);
});

test.each([
  ['resnet18', { width: 4, stem: 'cifar' }],
  ['resnet50', { width: 4, stem: 'imagenet' }],
  ['resnet20-v2', { width: 4 }],
  ['vit-tiny', { patchSize: 8, depth: 1 }],
  ['vit-report', { patchSize: 4, depth: 2, positions: 'sincos', classToken: true }],
])('%s maps images to features of the promised size and leaves nothing else behind', (name, options) => {
  const backbone = buildBackbone(name, options, { ...small, channels: 1 });
  const state = stateOf(backbone);
  const x = fill([2, 16, 16, 1], 0.5);
  const before = memory().numTensors;
  const features = backbone.forward(scopeOf(state, false), x);
  expect(features.shape).toEqual([2, backbone.featureSize]);
  expect([...features.dataSync()].every(Number.isFinite)).toBe(true);
  expect(memory().numTensors).toBe(before + 1);
  for (const used of [features, x, ...Object.values(state)]) used.dispose();
});

test.each([
  ['resnet18', { width: 4 }],
  ['vit-report', { patchSize: 4, depth: 2 }],
])('a training pass of %s uploads no array of a feature map’s size', (name, options) => {
  tidy(() => {
    const backbone = buildBackbone(name, options, small);
    const state = stateOf(backbone);
    const trained = backbone.parameters.filter(({ trainable }) => trainable).map((parameter) => parameter.name);
    const x = fill([8, 16, 16, 3], 0.5);
    const uploaded = vi.spyOn(backend(), 'write');
    let written: Record<string, Tensor> = {};
    grads((...values: Tensor[]) => {
      const scope = scopeOf(
        { ...state, ...Object.fromEntries(trained.map((key, i) => [key, values[i] as Tensor])) },
        true,
      );
      written = scope.written;
      return sumOver(backbone.forward(scope, x));
    })(trained.map((key) => state[key] as Tensor));
    const sizes = uploaded.mock.calls.map(([values]) => (values as { length: number } | null)?.length ?? 0);
    uploaded.mockRestore();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32); // axes, paddings, scalars, a zero for each of 32 channels
    for (const value of Object.values(written)) value.dispose();
  });
});

describe('refusals', () => {
  test('an unknown backbone gets the known names and the nearest one', () => {
    const build = () => buildBackbone('resnet81', {}, small);
    expect(build).toThrow(/there is no resnet81; known: resnet18, resnet34/);
    expect(build).toThrow(expect.objectContaining({ remedy: 'did you mean resnet18?' }));
    expect(() => buildBackbone('constructor', {}, small)).toThrow(UsageError);
  });
  test('the stem follows the size of the images unless it is given', () => {
    const stem = (side: number, options = {}) =>
      buildBackbone('resnet18', { width: 4, ...options }, { height: side, width: side, channels: 3 }).layers.map(
        ({ name, outputShape }) => `${name} ${outputShape[0]}`,
      );
    expect(stem(224).slice(0, 3)).toEqual(['conv1 112', 'bn1 112', 'maxpool 56']);
    expect(stem(64).slice(0, 3)).toEqual(['conv1 64', 'bn1 64', 'layer1.0 64']);
    expect(stem(32, { stem: 'imagenet' })[0]).toBe('conv1 16');
  });
  test('images too large for ResNet-20 v2 get a backbone that suits them', () => {
    expect(() => buildBackbone('resnet20-v2', {}, { height: 224, width: 224, channels: 3 })).toThrow(
      expect.objectContaining({
        message: 'backbone resnet20-v2: is for images up to 128 px, got 224 px',
        remedy: expect.stringContaining('backbone.name=resnet18'),
      }),
    );
  });
  test('an unknown or bad option is named', () => {
    expect(() => buildBackbone('resnet18', { stems: 'cifar' }, small)).toThrow(/resnet18: options.*stems/);
    expect(() => buildBackbone('resnet18', { stem: 'mnist' }, small)).toThrow(/options\.stem: .*"imagenet"\|"cifar"/);
    expect(() => buildBackbone('vit-tiny', { depth: 0 }, small)).toThrow(/options\.depth/);
  });
  test('an image that the patch does not divide gets both sizes and the nearest that would do', () => {
    const build = () => buildBackbone('vit-tiny', { patchSize: 6 }, { height: 32, width: 32, channels: 3 });
    expect(build).toThrow(UsageError);
    expect(build).toThrow("an image of 32×32 pixels can't be cut into patches of 6×6");
    expect(build).toThrow(expect.objectContaining({ remedy: expect.stringContaining('images of 30 or 36') }));
    expect(() => buildBackbone('vit-tiny', { patchSize: 6 }, { height: 12, width: 32, channels: 3 })).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('12 for the height, 30 or 36 for the width') }),
    );
  });
  test('pooling by a class token that is not there', () => {
    expect(() => buildBackbone('vit-tiny', { patchSize: 4, classToken: false }, small)).toThrow(/no class token/);
  });
  test('an image size that is no size', () => {
    expect(() => buildBackbone('resnet18', {}, { ...small, width: 0 })).toThrow(/width must be a whole number from 1/);
  });
  test.each(['resnet18', 'resnet20-v2', 'vit-report'])('%s given images of other channels names both', (name) => {
    tidy(() => {
      const backbone = buildBackbone(name, name === 'vit-report' ? { patchSize: 4 } : {}, small);
      const forward = () => backbone.forward(scopeOf({}, false), fill([2, 16, 16, 1], 0));
      expect(forward).toThrow(ShapeError);
      expect(forward).toThrow(/images must be \[N, .*3\], got \[2, 16, 16, 1\]/);
    });
  });
});

test('zero-initialised residual blocks start as the identity', () => {
  tidy(() => {
    const backbone = buildBackbone('resnet18', { width: 4, stem: 'cifar', zeroInitResidual: true }, small);
    const state = stateOf(backbone);
    expect([...(state['layer1.0.bn2.weight'] as Tensor).dataSync()]).toEqual([0, 0, 0, 0]);
    expect([...(state['layer1.0.bn1.weight'] as Tensor).dataSync()]).toEqual([1, 1, 1, 1]);
  });
});

test('weight decay spares biases, norms, tokens and positions, and nothing else', () => {
  const spared = /(bias|norm\d?\.weight|cls_token|pos_embed)$/;
  for (const { name, decay } of buildBackbone('vit-tiny', {}, imageNet).parameters)
    expect([name, decay]).toEqual([name, !spared.test(name)]);
  const norms = /(bias|bn\d\.\w+|downsample\.1\.\w+|running_\w+)$/;
  for (const { name, decay } of buildBackbone('resnet50', {}, imageNet).parameters)
    expect([name, decay]).toEqual([name, !norms.test(name)]);
});

test('every entry has a title and options that are complete by default', () => {
  for (const [name, entry] of Object.entries(backbones)) {
    expect(entry.name).toBe(name);
    expect(entry.title.length).toBeGreaterThan(10);
    expect(entry.options.safeParse({}).success).toBe(true);
  }
});
