import { describe, expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { buildBackbone } from '../backbones/registry.ts';

import { importWeights, inspectWeights } from './import-weights.ts';
import { counter, exported, fileOf, type RawTensor, rawTensor } from './torch-file.fixture.ts';

const image = { height: 16, width: 16, channels: 3 };
const resnet = buildBackbone('resnet18', { width: 2, stem: 'cifar' }, image);
const vit = buildBackbone('vit-tiny', { depth: 1, patchSize: 4 }, image);
const ones = (shape: number[]) =>
  rawTensor({ shape, data: new Float32Array(shape.reduce((size, side) => size * side, 1)).fill(1) });

function refusal(attempt: () => unknown): UsageError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const without = (tensors: Record<string, RawTensor>, ...names: string[]) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));
const renamed = (tensors: Record<string, RawTensor>, rename: (name: string) => string) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]));

describe('a file that fits', () => {
  test.each([
    ['resnet18', resnet],
    ['resnet50', buildBackbone('resnet50', { width: 2 }, image)],
  ])(
    "%s comes back from torchvision's names and layout bit for bit, without classifier and counters",
    (_, backbone) => {
      const { values, tensors } = exported(backbone.parameters);
      const others = { 'fc.weight': ones([10, 16]), 'fc.bias': ones([10]), 'bn1.num_batches_tracked': counter };
      expect(importWeights(backbone, fileOf({ ...others, ...tensors }))).toEqual({ format: 'torchvision', values });
    },
  );

  test("a ViT comes back from timm's names, without its classifier", () => {
    const { values, tensors } = exported(vit.parameters);
    const file = fileOf({ ...tensors, 'head.weight': ones([10, 192]), 'head.bias': ones([10]) });
    expect(importWeights(vit, file)).toEqual({ format: 'timm', values });
  });

  test.each([
    ['with model. before every name', (name: string) => `model.${name}`],
    ['without a prefix', (name: string) => name],
  ])("a ViT comes back from the MAE authors' names %s, without decoder and mask token", (_, rename) => {
    const { values, tensors } = exported(vit.parameters);
    const decoder = {
      mask_token: ones([1, 1, 8]),
      'decoder_embed.weight': ones([8, 192]),
      decoder_pos_embed: ones([1, 17, 8]),
      'decoder_blocks.0.norm1.weight': ones([8]),
      'decoder_pred.bias': ones([48]),
    };
    const file = fileOf(renamed({ ...tensors, ...decoder }, rename));
    expect(inspectWeights(file)).toBe('mae-authors');
    expect(importWeights(vit, file)).toEqual({ format: 'mae-authors', values });
  });

  test('half and double precision become float32', () => {
    const bytesOf = (array: Uint16Array | Float64Array) => new Uint8Array(array.buffer);
    const types: [string, Uint8Array, number[]][] = [
      // 1, -2, 1/3 rounded, the smallest subnormal, the largest normal
      [
        'F16',
        bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff)),
        [1, -2, 0.333251953125, 2 ** -24, 65504],
      ],
      ['BF16', bytesOf(Uint16Array.of(0x3f80, 0xc000, 0x3eab, 0x0080, 0x8000)), [1, -2, 0.333984375, 2 ** -126, -0]],
      ['F64', bytesOf(Float64Array.of(1, -2, 1 / 3, 1e-30, 0)), [1, -2, Math.fround(1 / 3), Math.fround(1e-30), 0]],
    ];
    const parameter = {
      name: 'layer1.0.bn1.bias',
      shape: [5],
      init: { kind: 'zeros' },
      trainable: true,
      decay: false,
    } as const;
    for (const [dtype, bytes, want] of types) {
      const file = fileOf({ [parameter.name]: { dtype, shape: [5], bytes } });
      const { values } = importWeights({ name: 'resnet18', parameters: [{ ...parameter, shape: [5] }] }, file);
      expect([...values[parameter.name]!], dtype).toEqual(want);
    }
  });
});

describe('a file that does not fit', () => {
  test('missing, unexpected and misshapen tensors are listed by name, with shapes as the file has them', () => {
    const { tensors } = exported(resnet.parameters);
    const file = fileOf({
      ...without(tensors, 'bn1.weight', 'layer4.1.conv2.weight'),
      'layer5.0.conv1.weight': ones([2]),
      'conv1.weight': ones([2, 3, 7, 7]),
    });
    const { message, field, remedy } = refusal(() => importWeights(resnet, file));
    expect(field).toBe('backbone.weights');
    expect(message).toContain('the file does not fit resnet18');
    expect(message).toContain('missing bn1.weight, layer4.1.conv2.weight;');
    expect(message).toContain('unexpected layer5.0.conv1.weight;');
    expect(message).toContain('misshapen conv1.weight [2, 3, 7, 7] instead of [2, 3, 3, 3]');
    expect(remedy).toContain('stem');
  });

  test('a part of a file is refused with the number of what is missing', () => {
    const { tensors } = exported(resnet.parameters);
    const part = Object.fromEntries(Object.entries(tensors).slice(0, 20));
    const { message } = refusal(() => importWeights(resnet, fileOf(part)));
    expect(message).toMatch(/missing (\S+, ){12}… \(\d+\)/);
    expect(message).not.toContain('unexpected');
  });

  test('positions of another grid are refused with both grids', () => {
    const larger = buildBackbone('vit-tiny', { depth: 1, patchSize: 4 }, { height: 32, width: 32, channels: 3 });
    const { message } = refusal(() => importWeights(vit, fileOf(exported(larger.parameters).tensors)));
    expect(message).toContain('pos_embed [1, 65, 192] instead of [1, 17, 192]');
    expect(message).toContain(
      'positions of 8 × 8 patches and a class token, the images have 4 × 4 patches and a class token',
    );
  });

  test('weights of another family of models are refused with the backbones that they are for', () => {
    const error = refusal(() => importWeights(vit, fileOf(exported(resnet.parameters).tensors)));
    expect(error.message).toContain(
      "the names of torchvision's ResNets (layer1.0.conv1.weight), the backbone is vit-tiny",
    );
    expect(error.remedy).toContain('resnet18, resnet34, resnet50');
  });

  test('unknown names are refused with the kinds that are known', () => {
    const error = refusal(() => inspectWeights(fileOf({ 'stem.kernel': ones([2]) })));
    expect(error.message).toContain('of no kind that is known: stem.kernel');
    expect(error.remedy).toContain("timm's ViTs");
  });
});

describe('a damaged file', () => {
  const { tensors } = exported(resnet.parameters);
  const spoilt = (value: number) => {
    const data = new Float32Array(2).fill(1);
    data[1] = value;
    return rawTensor({ shape: [2], data });
  };

  test.each([inspectWeights, (file: Uint8Array) => importWeights(resnet, file)])(
    'NaN and infinity are refused by name',
    (read) => {
      const file = fileOf({ ...tensors, 'bn1.weight': spoilt(NaN), 'layer1.0.bn1.bias': spoilt(-Infinity) });
      expect(refusal(() => read(file)).message).toContain(
        'hold NaN or infinity: bn1.weight (NaN at 1), layer1.0.bn1.bias (-Infinity at 1)',
      );
    },
  );

  test('NaN in what is not imported does no harm', () => {
    const file = fileOf({ ...tensors, 'fc.bias': spoilt(NaN) });
    expect(inspectWeights(file)).toBe('torchvision');
    expect(importWeights(resnet, file).format).toBe('torchvision');
  });

  test('a weight of whole numbers is refused with its type and those that are allowed', () => {
    const file = fileOf({ ...tensors, 'bn1.weight': { dtype: 'I64', shape: [2], bytes: new Uint8Array(16) } });
    const error = refusal(() => importWeights(resnet, file));
    expect(error.message).toContain('of no float type: bn1.weight (I64)');
    expect(error.remedy).toBe('weights are F32, F64, F16, BF16');
  });

  test('a file that is cut short, or no safetensors file at all, is refused', () => {
    const whole = fileOf(tensors);
    for (const file of [
      whole.subarray(0, whole.length - 4),
      whole.subarray(0, 5),
      new TextEncoder().encode('PK\u0003\u0004 a pickle'),
    ])
      expect(refusal(() => inspectWeights(file)).message).toContain('backbone.weights: safetensors:');
  });
});
