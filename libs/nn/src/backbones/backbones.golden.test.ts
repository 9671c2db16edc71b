import { memory } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { checkModule, compare } from '../layer-protocol.ts';
import { linear } from '../layers/linear.ts';
import { named, sequence } from '../module.ts';

import { resNet } from './resnet.ts';
import { resnet18Kind } from './resnet18.ts';
import { resNet20V2 } from './resnet20-v2.ts';
import { vit } from './vit.ts';

let before = 0;
beforeEach(() => void (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

type Args = Record<string, number>;
const args = <T = Args>(golden: GoldenCase) => golden.args as T;
const image = (golden: GoldenCase) => {
  const [, height, width, channels] = golden.tensor('in/x').shape as [number, number, number, number];
  return { height, width, channels };
};

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
