import { memory, reshape } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { barlowTwinsProjection } from './heads/barlow-twins-projection.ts';
import { byolProjection } from './heads/byol-projection.ts';
import { dinoProjection } from './heads/dino-projection.ts';
import { projection } from './heads/projection.ts';
import { simclrProjection } from './heads/simclr-projection.ts';
import { simsiamPrediction } from './heads/simsiam-prediction.ts';
import { simsiamProjection } from './heads/simsiam-projection.ts';
import { attention } from './layers/attention.ts';
import { basicBlock } from './layers/basic-block.ts';
import { batchNorm } from './layers/batch-norm.ts';
import { bottleneckBlock } from './layers/bottleneck-block.ts';
import { conv2d } from './layers/conv2d.ts';
import { layerNorm } from './layers/layer-norm.ts';
import { linear } from './layers/linear.ts';
import { avgPool2x2, globalAvgPool, maxPool3x3 } from './layers/pooling.ts';
import { sinCosPositions } from './layers/position-embedding.ts';
import { transformerBlock } from './layers/transformer-block.ts';
import { checkModule } from './layer-protocol.ts';
import { type Module } from './module.ts';

let before = 0;
beforeEach(() => void (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

type Args = Record<string, number>;
const args = <T = Args>(golden: GoldenCase) => golden.args as T;
const size = (golden: GoldenCase, name: string) => golden.tensor(name).shape.at(-1) as number;

test.each([
  ...goldenCases('layers/batchnorm2d'),
  ...goldenCases('layers/batchnorm2d-no-affine'),
  ...goldenCases('layers/batchnorm1d'),
  ...goldenCases('layers/batchnorm1d-no-affine'),
])('$name', (golden) => {
  const { affine, momentum, eps } = args<{ affine: boolean; momentum: number; eps: number }>(golden);
  checkModule(golden, batchNorm({ size: size(golden, 'in/x'), affine, momentum, epsilon: eps }));
});

test.each([...goldenCases('layers/layernorm'), ...goldenCases('layers/layernorm-eps-1e-5')])('$name', (golden) => {
  checkModule(golden, layerNorm({ size: args(golden)['normalized_shape']!, epsilon: args(golden)['eps']! }));
});

test.each(goldenCases('layers/linear'))('$name', (golden) => {
  checkModule(golden, linear({ in: args(golden)['in']!, out: args(golden)['out']! }));
});

test.each(goldenCases('layers/conv2d'))('$name', (golden) => {
  const { kernel, stride, padding, bias } = golden.args as unknown as {
    kernel: number;
    stride: number;
    padding: number;
    bias: boolean;
  };
  checkModule(golden, conv2d({ in: 3, out: size(golden, 'in/dy'), kernel, stride, padding, bias }));
});

test.each(goldenCases('layers/maxpool-3x3-s2-p1'))('$name', (golden) => checkModule(golden, maxPool3x3));
test.each(goldenCases('layers/avgpool-2x2'))('$name', (golden) => checkModule(golden, avgPool2x2));
test.each(goldenCases('layers/global-avgpool'))('$name', (golden) => {
  // torch keeps the two axes
  const kept: Module = {
    parameters: [],
    forward: (scope, x) => reshape(globalAvgPool.forward(scope, x), [x.shape[0], 1, 1, x.shape[3]!]),
  };
  checkModule(golden, kept);
});

test.each(goldenCases('layers/attention-timm'))('$name', (golden) => {
  checkModule(golden, attention({ size: args(golden)['dim']!, heads: args(golden)['num_heads']! }));
});
test.each(goldenCases('layers/attention-torch'))('$name', (golden) => {
  checkModule(golden, attention({ size: args(golden)['embed_dim']!, heads: args(golden)['num_heads']! }));
});
test.each(goldenCases('layers/transformer-block'))('$name', (golden) => {
  const { dim, num_heads, mlp_ratio, layer_norm_eps } = args(golden);
  checkModule(
    golden,
    transformerBlock({ size: dim!, heads: num_heads!, mlpRatio: mlp_ratio!, epsilon: layer_norm_eps! }),
  );
});

const headSizes = (golden: GoldenCase) => ({
  in: args(golden)['input_dim']!,
  hidden: args(golden)['hidden_dim']!,
  out: args(golden)['output_dim']!,
});
test.each(goldenCases('layers/heads/simsiam-projection'))('$name', (golden) => {
  checkModule(golden, simsiamProjection(headSizes(golden)));
});
test.each(goldenCases('layers/heads/simsiam-prediction'))('$name', (golden) => {
  checkModule(golden, simsiamPrediction(headSizes(golden)));
});
test.each(goldenCases('layers/heads/simclr'))('$name', (golden) => {
  checkModule(golden, simclrProjection(headSizes(golden)));
});
test.each(goldenCases('layers/heads/barlow-twins'))('$name', (golden) => {
  checkModule(golden, barlowTwinsProjection(headSizes(golden)));
});
test.each(goldenCases('layers/heads/byol-projection'))('$name', (golden) => {
  checkModule(golden, byolProjection(headSizes(golden)));
});
test.each([
  ...goldenCases('layers/heads/barlow-twins'),
  ...goldenCases('layers/heads/byol-projection'),
  ...goldenCases('layers/heads/simclr'),
  ...goldenCases('layers/heads/simsiam-projection'),
])('$name as a projection of given widths', (golden) => {
  const { in: inSize, hidden, out } = headSizes(golden);
  const [, head] = /heads\/(\w+)/.exec(golden.name) as unknown as [string, 'barlow' | 'byol' | 'simclr' | 'simsiam'];
  const lastNorm = ({ simclr: 'batch-norm', simsiam: 'batch-norm-plain', barlow: 'none', byol: 'none' } as const)[head];
  const hiddens = head === 'barlow' || head === 'simsiam' ? [hidden, hidden] : [hidden];
  checkModule(golden, projection({ in: inSize, widths: [...hiddens, out], lastNorm }));
});
test.each(goldenCases('layers/heads/dino'))('$name', (golden) => {
  checkModule(golden, dinoProjection({ ...headSizes(golden), bottleneck: args(golden)['bottleneck_dim']! }));
});

test.each(goldenCases('layers/resnet-block'))('$name', (golden) => {
  const { inplanes, planes, stride } = args(golden);
  const block = golden.name.includes('bottleneck') ? bottleneckBlock : basicBlock;
  checkModule(golden, block({ in: inplanes!, width: planes!, stride: stride! }));
});

test.each(goldenCases('layers/sincos-pos-embed'))('$name', (golden) => {
  const { embed_dim, grid_size } = args(golden);
  const codes = sinCosPositions({ size: embed_dim!, rows: grid_size!, columns: grid_size!, classToken: true });
  golden.expectClose('out/pos_embed', codes, [grid_size! ** 2 + 1, embed_dim!]);
});
