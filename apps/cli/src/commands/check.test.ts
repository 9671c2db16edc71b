import { expect, test } from 'vitest';

import type { RunCheck, RunModel } from '#lib/contracts';

import { checkText, modelText } from './check.ts';

const model: RunModel = {
  format: 'unlabel.run-model',
  version: 1,
  layers: [
    { layer: 'encoder.conv', outputShape: [32, 32, 16], parameters: 432 },
    { layer: 'projector', outputShape: null, parameters: 1_048_576 },
  ],
  parameters: 1_049_008,
  memory: { hostBytes: 2.04e9, deviceBytes: 3.1e9, stateBytes: 1, stepBytes: 2 },
};

test('a model is a table of layers with the total below', () => {
  expect(
    modelText(model)
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual([
    ['layer', 'output shape', 'parameters'],
    ['encoder.conv', '[32, 32, 16]', '432'],
    ['projector', '1,048,576'],
    ['total', '1,049,008'],
  ]);
});

test('a check prints the spec, then parameters, steps and the memory of the place where it would train', () => {
  const checked = { spec: { batch: 8 }, notes: [], model, place: null, stepsPerEpoch: 5, totalSteps: 10 };
  const text = (change: object) => checkText({ ...checked, ...change } as unknown as RunCheck);
  expect(text({}).split('\n')).toEqual([
    'batch: 8',
    '',
    'parameters  1,049,008, heads included',
    'steps       10, 5 an epoch',
    'memory      about 2.0 GB at its peak',
    'nothing was started',
  ]);
  expect(text({ place: { name: 'the GPU of box', device: 'gpu', bytes: 80e9 } })).toContain(
    'memory      about 3.1 GB at its peak; the GPU of box has 80.0 GB',
  );
  expect(text({ totalSteps: null })).toContain('as many as its minutes allow');
});
