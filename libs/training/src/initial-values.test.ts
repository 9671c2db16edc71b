import { expect, test } from 'vitest';

import { encodeSafetensors, hostTensor, keys, sha256Text, UsageError } from '#lib/contracts';
import { initialise, type ParameterSpec, toTorchLayout } from '#lib/nn';

import { initialValues } from './initial-values.ts';

const parameter = (name: string, shape: number[]): ParameterSpec => ({
  name,
  shape,
  init: { kind: 'normal', std: 1 },
  trainable: true,
  decay: true,
});
const parameters = [
  parameter('encoder.layer1.0.conv1.weight', [1, 1, 2, 3]),
  parameter('encoder.bn1.bias', [2]),
  parameter('projector.weight', [3, 2]),
];
const shapes: Record<string, number[]> = { 'layer1.0.conv1.weight': [1, 1, 2, 3], 'bn1.bias': [2] };
const kernel = { shape: [1, 1, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };

const fileOf = (bias: number[]) => {
  const { data, shape } = toTorchLayout(kernel);
  return encodeSafetensors({
    'layer1.0.conv1.weight': hostTensor(data, shape),
    'bn1.bias': hostTensor(Float32Array.from(bias), shapes['bn1.bias']!),
  });
};
const sha256 = (bytes: Uint8Array) => sha256Text(String(bytes));

function source(bytes: Uint8Array | undefined) {
  const asked: string[] = [];
  const get = async (key: string) => {
    asked.push(key);
    return bytes && { bytes };
  };
  return { asked, get, sha256 };
}
const specOf = (weights: string | null) => ({
  seed: 4,
  backbone: {
    name: 'resnet18',
    options: {},
    weights: weights === null ? null : { sha256: weights, format: 'torchvision' as const },
  },
});

test('without weights all values are drawn from the seed, and nothing is read', async () => {
  const from = source(undefined);
  expect(await initialValues(parameters, specOf(null), from)).toEqual(initialise(parameters, 4));
  expect(from.asked).toEqual([]);
});

test("the encoder starts from the weights in this library's layout, the heads from the seed", async () => {
  const file = fileOf([7, 8]);
  const from = source(file);
  const values = await initialValues(parameters, specOf(sha256(file)), from);
  expect(values['encoder.layer1.0.conv1.weight']).toEqual(kernel.data);
  expect(values['encoder.bn1.bias']).toEqual(Float32Array.of(7, 8));
  expect(values['projector.weight']).toEqual(initialise(parameters, 4)['projector.weight']);
  expect(from.asked).toEqual([keys.weights(sha256(file))]);
});

test.each([
  ['gone', undefined, 'there is no weights/'],
  ['other bytes than the spec means', fileOf([7, 9]), 'is damaged: its sha256 is'],
  ['a file with NaN', fileOf([7, NaN]), 'hold NaN or infinity: bn1.bias (NaN at 1)'],
])('weights that are %s are refused', async (what, bytes, message) => {
  const wanted = what.startsWith('a file') ? sha256(bytes!) : sha256(fileOf([7, 8]));
  const attempt = initialValues(parameters, specOf(wanted), source(bytes));
  await expect(attempt).rejects.toThrow(UsageError);
  await expect(attempt).rejects.toThrow(message);
});
