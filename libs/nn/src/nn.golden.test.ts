import { grads, memory, reshape, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { resNet } from './backbones/resnet.ts';
import { resnet18Kind } from './backbones/resnet18.ts';
import { resNet20V2 } from './backbones/resnet20-v2.ts';
import { vit } from './backbones/vit.ts';
import { barlowTwinsProjection } from './heads/barlow-twins-projection.ts';
import { byolProjection } from './heads/byol-projection.ts';
import { dinoProjection } from './heads/dino-projection.ts';
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
import { type Module, named, type Scope, scopeOf, sequence } from './module.ts';
import { fromTorchState, toTorchLayout } from './torch-names.ts';

type Args = Record<string, number>;
type State = Record<string, Tensor>;

const read = (golden: GoldenCase, name: string): Tensor => {
  const { data, shape } = golden.tensor(name);
  return tensor(data as Float32Array, shape);
};
const compare = (golden: GoldenCase, name: string, got: Tensor) => golden.expectClose(name, got.dataSync(), got.shape);
const has = (golden: GoldenCase, name: string) => name in golden.tensors;
const parameterNames = (golden: GoldenCase) => Object.keys(golden.tensors).filter((name) => !name.includes('/'));

/** The name that a torch entry has here, and the case's value of it in our layout. */
function loadEntry(golden: GoldenCase, name: string): [string, Tensor] | undefined {
  const { data, shape } = golden.tensor(name);
  const [entry] = Object.entries(fromTorchState({ [name]: { data: data as Float32Array, shape } }));
  return entry && [entry[0], tensor(entry[1].data, entry[1].shape)];
}

function loadState(golden: GoldenCase, module: Module): State {
  const entries = parameterNames(golden).flatMap((name) => [loadEntry(golden, name) ?? []].filter((e) => e.length > 0));
  const state = Object.fromEntries(entries) as State;
  const shapes = (named: Record<string, { shape: number[] }>) =>
    Object.fromEntries(Object.entries(named).map(([name, { shape }]) => [name, shape]));
  expect(shapes(state)).toEqual(shapes(Object.fromEntries(module.parameters.map((spec) => [spec.name, spec]))));
  return state;
}

/** Forward in training with all gradients of sum(y · dy); returns what the pass wrote. */
function checkTraining(golden: GoldenCase, module: Module, state: State, dy: Tensor, yName: string): State {
  const trained = module.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  let written: State = {};
  const gradients = grads((x: Tensor, ...values: Tensor[]) => {
    const scope = scopeOf(
      { ...state, ...Object.fromEntries(trained.map((name, i) => [name, values[i] as Tensor])) },
      true,
    );
    written = scope.written;
    const y = module.forward(scope, x);
    compare(golden, yName, y);
    return y;
  })([read(golden, 'in/x'), ...trained.map((name) => state[name] as Tensor)], dy);
  compare(golden, 'grad/x', gradients[0] as Tensor);
  const byName = Object.fromEntries(trained.map((name, i) => [name, gradients[i + 1] as Tensor]));
  for (const name of parameterNames(golden).filter((parameter) => has(golden, `grad/${parameter}`))) {
    const gradient = byName[(loadEntry(golden, name) as [string, Tensor])[0]] as Tensor;
    const { data, shape } = toTorchLayout({ data: gradient.dataSync() as Float32Array, shape: gradient.shape });
    golden.expectClose(`grad/${name}`, data, shape);
  }
  return written;
}

function checkStatistics(golden: GoldenCase, prefix: string, written: State): void {
  const names = Object.keys(golden.tensors).filter((name) => name.startsWith(prefix) && !name.endsWith('_tracked'));
  expect(Object.keys(written).sort()).toEqual(names.map((name) => name.slice(prefix.length)).sort());
  for (const name of names) compare(golden, name, written[name.slice(prefix.length)] as Tensor);
}

/** The whole protocol of a layer case: training with gradients, statistics after two passes, evaluation. */
function checkModule(golden: GoldenCase, module: Module, evaluated?: (scope: Scope, x: Tensor) => void): void {
  tidy(() => {
    const state = loadState(golden, module);
    const [x, dy] = [read(golden, 'in/x'), read(golden, has(golden, 'in/dy') ? 'in/dy' : 'out/dy')];
    if (!has(golden, 'out/y_train')) {
      checkTraining(golden, module, state, dy, 'out/y');
      return evaluated?.(scopeOf(state, false), x);
    }
    const first = checkTraining(golden, module, state, dy, 'out/y_train');
    checkStatistics(golden, 'after1/', first);
    const second = scopeOf({ ...state, ...first }, true);
    compare(golden, 'out/y_train2', module.forward(second, read(golden, 'in/x2')));
    checkStatistics(golden, 'after2/', second.written);
    const evaluation = scopeOf({ ...state, ...second.written }, false);
    compare(golden, 'out/y_eval', module.forward(evaluation, x));
    evaluated?.(evaluation, x);
    for (const kept of [...Object.values(first), ...Object.values(second.written)]) kept.dispose();
  });
  expect(memory().numTensors).toBe(0);
}

const args = <T = Args>(golden: GoldenCase) => golden.args as T;
const size = (golden: GoldenCase, name: string) => golden.tensor(name).shape.at(-1) as number;
const image = (golden: GoldenCase) => {
  const [, height, width, channels] = golden.tensor('in/x').shape as [number, number, number, number];
  return { height, width, channels };
};

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
    forward: (scope, x) => reshape(globalAvgPool.forward(scope, x), [x.shape[0]!, 1, 1, x.shape[3]!]),
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
test.each(goldenCases('layers/heads/dino'))('$name', (golden) => {
  checkModule(golden, dinoProjection({ ...headSizes(golden), bottleneck: args(golden)['bottleneck_dim']! }));
});

test.each(goldenCases('layers/resnet-block'))('$name', (golden) => {
  const { inplanes, planes, stride } = args(golden);
  const block = golden.name.includes('bottleneck') ? bottleneckBlock : basicBlock;
  checkModule(golden, block({ in: inplanes!, width: planes!, stride: stride! }));
});

function checkResNet18(golden: GoldenCase, stem: 'cifar' | 'imagenet'): void {
  const { width, num_classes } = args(golden);
  const encoder = resNet(resnet18Kind, { stem, width: width!, zeroInitResidual: false }, image(golden));
  const classifier = named('fc', linear({ in: encoder.featureSize, out: num_classes! }));
  checkModule(golden, sequence(encoder, classifier), (scope, x) => {
    encoder.stages(scope, x).forEach((map, i) => compare(golden, `out/eval_layer${i + 1}`, map));
    compare(golden, 'out/eval_pooled', encoder.forward(scope, x));
  });
}
test.each(goldenCases('layers/resnet18-thin-cifar'))('$name', (golden) => checkResNet18(golden, 'cifar'));
test.each(goldenCases('layers/resnet18-thin-imagenet-stem'))('$name', (golden) => checkResNet18(golden, 'imagenet'));

test.each([...goldenCases('layers/resnet20v2-thin-keras'), ...goldenCases('layers/resnet20v2-thin-plain')])(
  '$name',
  (golden) => {
    const given = args<{
      width: number;
      conv_bias: boolean;
      bn_eps: number;
      bn_momentum_torch: number;
      num_classes: number;
    }>(golden);
    const encoder = resNet20V2(
      {
        width: given.width,
        convBias: given.conv_bias,
        normEpsilon: given.bn_eps,
        normMomentum: given.bn_momentum_torch,
      },
      image(golden),
    );
    checkModule(golden, sequence(encoder, named('fc', linear({ in: encoder.featureSize, out: given.num_classes }))));
  },
);

test.each(goldenCases('layers/sincos-pos-embed'))('$name', (golden) => {
  const { embed_dim, grid_size } = args(golden);
  const codes = sinCosPositions({ size: embed_dim!, rows: grid_size!, columns: grid_size!, classToken: true });
  golden.expectClose('out/pos_embed', codes, [grid_size! ** 2 + 1, embed_dim!]);
});

test.each([...goldenCases('layers/vit-tiny'), ...goldenCases('layers/vit-tiny-avgpool')])('$name', (golden) => {
  const given = args(golden);
  const encoder = vit(
    'vit',
    {
      patchSize: given['patch_size']!,
      width: given['embed_dim']!,
      depth: given['depth']!,
      heads: given['num_heads']!,
      mlpRatio: given['mlp_ratio']!,
      classToken: true,
      pool: golden.args['global_pool'] as 'token' | 'avg',
      positions: 'learned',
      init: 'timm',
    },
    image(golden),
  );
  const head = named('head', linear({ in: encoder.featureSize, out: given['num_classes']! }));
  checkModule(golden, sequence(encoder, head), (scope, x) => compare(golden, 'out/tokens', encoder.tokens(scope, x)));
});
