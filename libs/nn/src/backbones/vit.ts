import { add, concat, reshape, slice, type Tensor, tidy } from '@tensorflow/tfjs-core';

import { UsageError } from '#lib/contracts';
import { broadcastBatch, meanOver } from '#lib/tensor';

import { xavierUniform } from '../initialiser.ts';
import { layerNorm } from '../layers/layer-norm.ts';
import { patchEmbed } from '../layers/patch-embed.ts';
import { patchGrid } from '../layers/patchify.ts';
import { sinCosPositions } from '../layers/position-embedding.ts';
import { transformerBlock } from '../layers/transformer-block.ts';
import {
  type Backbone,
  type ImageSize,
  type Initialiser,
  type Module,
  named,
  type ParameterSpec,
  type Scope,
  sequence,
} from '../module.ts';

import { checkImages, layerRow } from './define.ts';

export interface VitOptions {
  patchSize: number;
  /** D: numbers in a token. */
  width: number;
  depth: number;
  heads: number;
  mlpRatio: number;
  classToken: boolean;
  /**
   * How tokens become features. `token`: the class token after `norm`; `avg`: timm's global_pool='avg', the mean of the patch
   * tokens, then `fc_norm`; `norm-avg`: `norm`, then the mean of the patch tokens, for an encoder trained with `norm` (MAE).
   */
  pool: 'token' | 'avg' | 'norm-avg';
  /** Learned position codes, or MAE's fixed sine-cosine codes (a buffer). */
  positions: 'learned' | 'sincos';
  /** timm's first values (normal of 0.02), or MAE's (Xavier uniform). */
  init: 'timm' | 'xavier';
}

export interface VisionTransformer extends Backbone {
  options: VitOptions;
  grid: { rows: number; columns: number };
  /** Patch tokens with their positions, without the class token: [N, H, W, C] → [N, L, D]. */
  embed(scope: Scope, x: Tensor): Tensor;
  /** Class token in front (if there is one), blocks, and `norm` unless pool is `avg`: [N, K, D] → [N, (1 +) K, D], for any K. */
  encode(scope: Scope, tokens: Tensor): Tensor;
  /** `encode` of `embed`: what timm calls forward_features. */
  tokens(scope: Scope, x: Tensor): Tensor;
}

const normEpsilon = 1e-6;
// timm cuts its normal at ±2, a hundred standard deviations: that is no cut.
const timmNormal: Initialiser = { kind: 'normal', std: 0.02 };

/**
 * Vision transformer under timm's names, without the classifier. Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929.
 * @throws UsageError if the patch size doesn't divide the image, the heads don't divide the width, or the pooling needs a class token
 */
export function vit(name: string, options: VitOptions, input: ImageSize): VisionTransformer {
  const { width, classToken, pool, patchSize } = options;
  const grid = patchGrid(input.height, input.width, patchSize);
  if (pool === 'token' && !classToken)
    throw new UsageError(`${name}: pool is token, but there is no class token`, {
      remedy: 'set classToken to true, or pool to avg or norm-avg',
    });
  const patches = grid.rows * grid.columns;
  const parts = vitParts(options, input);
  const special = tokenParameters(options, grid);
  const embed = (scope: Scope, x: Tensor): Tensor => {
    checkImages(name, x, input);
    return tidy(() => add(parts.patches.forward(scope, x), positions(scope, classToken ? 1 : 0, patches)));
  };
  const encode = (scope: Scope, tokens: Tensor): Tensor =>
    tidy(() => {
      const first = classToken ? add(scope.read('cls_token'), positions(scope, 0, 1)) : undefined;
      const all = first ? concat([broadcastBatch(first, tokens.shape[0]), tokens], 1) : tokens;
      const encoded = parts.blocks.forward(scope, all);
      return pool === 'avg' ? encoded : parts.norm.forward(scope, encoded);
    });
  const tokens = (scope: Scope, x: Tensor): Tensor => tidy(() => encode(scope, embed(scope, x)));
  return {
    name,
    options,
    grid,
    featureSize: width,
    inputSize: input,
    layers: vitLayers(options, parts, patches, special),
    parameters: [...special, ...[parts.patches, parts.blocks, parts.norm].flatMap(({ parameters }) => parameters)],
    embed,
    encode,
    tokens,
    forward: (scope, x) => tidy(() => features(scope, tokens(scope, x), options, parts.norm)),
  };
}

interface VitParts {
  patches: Module;
  blocks: Module;
  blockList: Module[];
  /** `norm` over the tokens, or `fc_norm` over their mean. */
  norm: Module;
}

function vitParts(options: VitOptions, input: ImageSize): VitParts {
  const { width, depth, heads, mlpRatio, patchSize } = options;
  const zeros: Initialiser = { kind: 'zeros' };
  const xavier = options.init === 'xavier';
  const init = (inSize: number, out: number) => ({
    init: xavier ? xavierUniform(inSize, out) : timmNormal,
    biasInit: zeros,
  });
  const fanIn = patchSize * patchSize * input.channels;
  const embedInit = xavier ? { init: xavierUniform(fanIn, width) } : {};
  const blockList = Array.from({ length: depth }, (_, i) =>
    named(`blocks.${i}`, transformerBlock({ size: width, heads, mlpRatio, epsilon: normEpsilon, init })),
  );
  return {
    patches: named('patch_embed', patchEmbed({ patchSize, channels: input.channels, size: width, ...embedInit })),
    blocks: sequence(...blockList),
    blockList,
    norm: named(options.pool === 'avg' ? 'fc_norm' : 'norm', layerNorm({ size: width, epsilon: normEpsilon })),
  };
}

function tokenParameters(options: VitOptions, grid: { rows: number; columns: number }): ParameterSpec[] {
  const { width, classToken } = options;
  const length = grid.rows * grid.columns + (classToken ? 1 : 0);
  const fixed = options.positions === 'sincos';
  const token: ParameterSpec = {
    name: 'cls_token',
    shape: [1, 1, width],
    init: { kind: 'normal', std: options.init === 'xavier' ? 0.02 : 1e-6 },
    trainable: true,
    decay: false,
  };
  const codes: ParameterSpec = {
    name: 'pos_embed',
    shape: [1, length, width],
    init: fixed ? { kind: 'values', values: sinCosPositions({ size: width, ...grid, classToken }) } : timmNormal,
    trainable: !fixed,
    decay: false,
  };
  return classToken ? [token, codes] : [codes];
}

function positions(scope: Scope, from: number, count: number): Tensor {
  const codes = scope.read('pos_embed');
  return codes.shape[1] === count ? codes : slice(codes, [0, from, 0], [1, count, codes.shape[2] as number]);
}

function features(scope: Scope, tokens: Tensor, options: VitOptions, norm: Module): Tensor {
  const [N, length, width] = tokens.shape as [number, number, number];
  if (options.pool === 'token') return reshape(slice(tokens, [0, 0, 0], [N, 1, width]), [N, width]);
  const first = options.classToken ? 1 : 0;
  const mean = meanOver(slice(tokens, [0, first, 0], [N, length - first, width]), [1]);
  return options.pool === 'avg' ? norm.forward(scope, mean) : mean;
}

function vitLayers(options: VitOptions, parts: VitParts, patches: number, special: ParameterSpec[]) {
  const { width } = options;
  const sequenceShape = [patches + (options.classToken ? 1 : 0), width];
  return [
    layerRow('patch_embed', parts.patches, [patches, width]),
    layerRow(special.map(({ name }) => name).join(', '), { parameters: special }, sequenceShape),
    ...parts.blockList.map((block, i) => layerRow(`blocks.${i}`, block, sequenceShape)),
    layerRow(options.pool === 'avg' ? 'fc_norm' : 'norm', parts.norm, options.pool === 'avg' ? [width] : sequenceShape),
  ];
}
