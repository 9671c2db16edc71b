import { expect, test } from 'vitest';

import { resNet20V2 } from './backbones/resnet20-v2.ts';
import { modelTable, summarize } from './summary.ts';

test('the table names each layer with the shape of its output and its parameters', () => {
  const options = { width: 1, convBias: false, normEpsilon: 1e-5, normMomentum: 0.1 };
  const encoder = resNet20V2(options, { height: 6, width: 9, channels: 3 });
  expect(summarize(encoder).split('\n')).toEqual([
    'layer        output shape  parameters',
    'images       [6, 9, 3]',
    'conv         [6, 9, 1]             27',
    'bn           [6, 9, 1]              2',
    'stages.0.0   [6, 9, 4]             22',
    'stages.0.1   [6, 9, 4]             29',
    'stages.1.0   [3, 5, 8]            248',
    'stages.1.1   [3, 5, 8]            240',
    'stages.2.0   [2, 3, 16]           944',
    'stages.2.1   [2, 3, 16]           896',
    'bn_last      [2, 3, 16]            32',
    'avgpool      [16]                   0',
    'resnet20-v2  [16]               2,440',
  ]);
});

test('the table of a method has the encoder’s layers, then each head as a whole, and the total of what is trained', () => {
  const options = { width: 1, convBias: false, normEpsilon: 1e-5, normMomentum: 0.1 };
  const encoder = resNet20V2(options, { height: 6, width: 9, channels: 3 });
  const spec = (name: string, shape: number[], trainable = true) => ({
    name,
    shape,
    init: { kind: 'zeros' as const },
    trainable,
    decay: true,
  });
  const own = encoder.parameters.map((parameter) => ({ ...parameter, name: `encoder.${parameter.name}` }));
  const heads = [
    spec('projector.0.weight', [16, 8]),
    spec('projector.1.running_mean', [8], false),
    spec('queue', [4, 8], false),
  ];
  const { layers, parameters } = modelTable(encoder, [...own, ...heads]);
  expect(layers[0]).toEqual({ layer: 'images', outputShape: [6, 9, 3], parameters: 0 });
  expect(layers[1]).toEqual({ layer: 'encoder.conv', outputShape: [6, 9, 1], parameters: 27 });
  expect(layers.slice(-2)).toEqual([
    { layer: 'projector', outputShape: null, parameters: 128 },
    { layer: 'queue', outputShape: null, parameters: 0 },
  ]);
  expect(parameters).toBe(2440 + 128);
  expect(layers.reduce((total, layer) => total + layer.parameters, 0)).toBe(parameters);
});
