import { add, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';

import { kerasHeNormal } from '../initialiser.ts';
import { batchNorm } from '../layers/batch-norm.ts';
import { conv2d, outputSide } from '../layers/conv2d.ts';
import { globalAvgPool } from '../layers/pooling.ts';
import { type Backbone, type ImageSize, type LayerSummary, type Module, named, sequence } from '../module.ts';

import { checkImages, defineBackbone, layerRow } from './define.ts';

export const resnet20V2OptionsSchema = z.strictObject({
  width: z.int().min(1).default(16).describe('channels of the stem; features are 16 times as many'),
  convBias: z.boolean().default(false).describe('biases in the convolutions, as in the Keras example'),
  normEpsilon: z.number().positive().default(1e-5).describe('batch norm: added to the variance (Keras: 1e-3)'),
  normMomentum: z.number().gt(0).lte(1).default(0.1).describe('batch norm: share of the new batch (Keras: 0.01)'),
});

export type ResNet20V2Options = z.output<typeof resnet20V2OptionsSchema>;

/** Its first stage keeps the image's size: past this side that is slow, and the features see little of the image. */
const largestSide = 128;

const stageCount = 3;
const blocksPerStage = 2; // n of depth = 9 n + 2

/** ResNet-20 v2 for CIFAR: 0.6 million parameters, 256 features. */
export const resnet20V2 = defineBackbone({
  name: 'resnet20-v2',
  title: 'ResNet-20 v2 for small images: pre-activation bottlenecks, 0.6 million parameters, 256 features',
  options: resnet20V2OptionsSchema,
  build(options, input) {
    const side = Math.max(input.height, input.width);
    if (side > largestSide)
      throw new UsageError(`backbone resnet20-v2: is for images up to ${largestSide} px, got ${side} px`, {
        field: 'backbone.name',
        remedy: 'use backbone.name=resnet18, whose stem follows the size of the images, or a smaller image.size',
      });
    return resNet20V2(options, input);
  },
});

/**
 * The pre-activation ResNet of depth 20 of Keras's CIFAR-10 example (resnet_v2): stem convolution, BN, ReLU; three stages of two
 * bottlenecks; BN, ReLU, global average. He et al. 2016, https://arxiv.org/abs/1603.05027. Images of any size pass.
 */
export function resNet20V2(options: ResNet20V2Options, input: ImageSize): Backbone {
  const { width } = options;
  const conv = named('conv', convolution(options, input.channels, width, 3));
  const bn = named('bn', norm(options, width));
  const full = [input.height, input.width];
  const layers: LayerSummary[] = [layerRow('conv', conv, [...full, width]), layerRow('bn', bn, [...full, width])];
  const { blocks, sides } = stages(options, full, layers);
  const featureSize = 16 * width;
  const last = named('bn_last', norm(options, featureSize));
  layers.push(layerRow('bn_last', last, [...sides, featureSize]), layerRow('avgpool', globalAvgPool, [featureSize]));
  const body = sequence(conv, bn, ...blocks, last, globalAvgPool);
  return {
    name: 'resnet20-v2',
    featureSize,
    inputSize: input,
    layers,
    parameters: body.parameters,
    forward(scope, x) {
      checkImages('resnet20-v2', x, input, { anySize: true });
      return tidy(() => body.forward(scope, x));
    },
  };
}

function stages(options: ResNet20V2Options, full: number[], layers: LayerSummary[]) {
  const blocks: Module[] = [];
  let [channels, sides] = [options.width, full];
  for (let stage = 0; stage < stageCount; stage++) {
    const out = options.width * 2 ** (stage + 2); // 4w, 8w, 16w
    const middle = stage === 0 ? options.width : out / 2; // w, 4w, 8w
    for (let i = 0; i < blocksPerStage; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const name = `stages.${stage}.${i}`;
      const bare = stage === 0 && i === 0; // the stem has normalised already
      const block = named(
        name,
        preActivationBlock(options, { in: channels, middle, out, stride, bare, project: i === 0 }),
      );
      channels = out;
      sides = sides.map((side) => outputSide(side, 1, stride, 0));
      layers.push(layerRow(name, block, [...sides, out]));
      blocks.push(block);
    }
  }
  return { blocks, sides };
}

interface BlockShape {
  in: number;
  middle: number;
  out: number;
  stride: number;
  bare: boolean;
  project: boolean;
}

/** 1×1 (stride), 3×3, 1×1, each after BN and ReLU, plus x or its 1×1 convolution. */
function preActivationBlock(options: ResNet20V2Options, shape: BlockShape): Module {
  const { in: inSize, middle, out, stride, bare, project } = shape;
  const unit = (name: string, from: number, to: number, kernel: number, step: number, plain: boolean): Module => {
    const conv = named('conv', convolution(options, from, to, kernel, step));
    return named(name, plain ? conv : sequence(named('bn', norm(options, from)), conv));
  };
  const branch = sequence(
    unit('unit1', inSize, middle, 1, stride, bare),
    unit('unit2', middle, middle, 3, 1, false),
    unit('unit3', middle, out, 1, 1, false),
  );
  const shortcut = project ? named('shortcut', convolution(options, inSize, out, 1, stride)) : undefined;
  return {
    parameters: [...branch.parameters, ...(shortcut?.parameters ?? [])],
    forward: (scope, x): Tensor => add(branch.forward(scope, x), shortcut ? shortcut.forward(scope, x) : x),
  };
}

function convolution(options: ResNet20V2Options, inSize: number, out: number, kernel: number, stride = 1): Module {
  return conv2d({
    in: inSize,
    out,
    kernel,
    stride,
    padding: (kernel - 1) / 2,
    bias: options.convBias,
    init: kerasHeNormal(kernel * kernel * inSize),
    biasInit: { kind: 'zeros' },
  });
}

/** Batch norm and ReLU, which follows each. */
function norm(options: ResNet20V2Options, size: number): Module {
  return batchNorm({ size, epsilon: options.normEpsilon, momentum: options.normMomentum, relu: true });
}
