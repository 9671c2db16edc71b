import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { z } from 'zod';

import { type ResidualBlockOptions, residualConv } from '../layers/basic-block.ts';
import { batchNorm } from '../layers/batch-norm.ts';
import { outputSide } from '../layers/conv2d.ts';
import { globalAvgPool, maxPool3x3 } from '../layers/pooling.ts';
import {
  type Backbone,
  type ImageSize,
  type LayerSummary,
  type Module,
  named,
  type Scope,
  sequence,
} from '../module.ts';

import { checkImages, layerRow } from './define.ts';

/** Past this side the maps of the CIFAR stem, as large as the image, cost much and gain little. */
const largestCifarSide = 64;

export const resNetOptionsSchema = z.strictObject({
  stem: z
    .enum(['auto', 'imagenet', 'cifar'])
    .default('auto')
    .describe(
      `imagenet: 7×7 convolution at stride 2 and max pooling; cifar: 3×3 at stride 1; auto: cifar for images up to ${largestCifarSide} pixels`,
    ),
  width: z.int().min(1).default(64).describe('channels of the first stage; each later stage doubles them'),
  zeroInitResidual: z
    .boolean()
    .default(false)
    .describe('start the last batch norm of each block at scale 0, so that the block starts as the identity'),
});

export type ResNetOptions = z.output<typeof resNetOptionsSchema>;

export interface ResNet extends Backbone {
  /** The feature maps after layer1 … layer4, each [N, H, W, C]. */
  stages(scope: Scope, x: Tensor): Tensor[];
}

export interface ResNetKind {
  name: string;
  block: (options: ResidualBlockOptions) => Module;
  /** Channels out of a block over its width. */
  expansion: number;
  /** Blocks in each of the four stages. */
  depths: readonly [number, number, number, number];
}

/**
 * A ResNet under torchvision's names, without the classifier: stem, four stages, global average. Images of any size pass;
 * `input` fixes the channels and the sizes in the table. He et al. 2015, https://arxiv.org/abs/1512.03385, table 1; the
 * CIFAR stem is that of SimCLR's appendix B.9.
 */
export function resNet(kind: ResNetKind, options: ResNetOptions, input: ImageSize): ResNet {
  const stem = resNetStem(options, input);
  const { stages, layers, channels } = resNetStages(kind, options, stem);
  const maps = (scope: Scope, x: Tensor): Tensor[] => {
    checkImages(kind.name, x, input, { anySize: true });
    return tidy(() => {
      let value = stem.module.forward(scope, x);
      return stages.map((stage) => (value = stage.forward(scope, value)));
    });
  };
  return {
    name: kind.name,
    featureSize: channels,
    inputSize: input,
    layers: [...stem.layers, ...layers, layerRow('avgpool', globalAvgPool, [channels])],
    parameters: [stem.module, ...stages].flatMap(({ parameters }) => parameters),
    stages: maps,
    forward: (scope, x) => tidy(() => globalAvgPool.forward(scope, maps(scope, x).at(-1) as Tensor)),
  };
}

interface Stem {
  module: Module;
  layers: LayerSummary[];
  height: number;
  width: number;
}

function resNetStem(options: ResNetOptions, input: ImageSize): Stem {
  const { width } = options;
  const isSmall = Math.min(input.height, input.width) <= largestCifarSide;
  const kind = options.stem === 'auto' ? (isSmall ? 'cifar' : 'imagenet') : options.stem;
  const [kernel, stride] = kind === 'imagenet' ? [7, 2] : [3, 1];
  const conv = named('conv1', residualConv(input.channels, width, kernel, stride));
  const norm = named('bn1', batchNorm({ size: width, relu: true }));
  const side = (length: number) => outputSide(length, kernel, stride, (kernel - 1) / 2);
  const size = { height: side(input.height), width: side(input.width) };
  const layers = [
    layerRow('conv1', conv, [size.height, size.width, width]),
    layerRow('bn1', norm, [size.height, size.width, width]),
  ];
  if (kind === 'cifar') return { module: sequence(conv, norm), layers, ...size };
  const pooled = { height: outputSide(size.height, 3, 2, 1), width: outputSide(size.width, 3, 2, 1) };
  return {
    module: sequence(conv, norm, maxPool3x3),
    layers: [...layers, layerRow('maxpool', maxPool3x3, [pooled.height, pooled.width, width])],
    ...pooled,
  };
}

function resNetStages(kind: ResNetKind, options: ResNetOptions, stem: Stem) {
  const layers: LayerSummary[] = [];
  let [channels, height, width] = [options.width, stem.height, stem.width];
  const stages = kind.depths.map((depth, stage) => {
    const blockWidth = options.width * 2 ** stage;
    const blocks = Array.from({ length: depth }, (_, i) => {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const name = `layer${stage + 1}.${i}`;
      const given = { in: channels, width: blockWidth, stride, zeroInit: options.zeroInitResidual };
      const block = named(name, kind.block(given));
      channels = blockWidth * kind.expansion;
      [height, width] = [outputSide(height, 3, stride, 1), outputSide(width, 3, stride, 1)];
      layers.push(layerRow(name, block, [height, width, channels]));
      return block;
    });
    return sequence(...blocks);
  });
  return { stages, layers, channels };
}
