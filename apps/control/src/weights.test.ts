import { beforeEach, describe, expect, test } from 'vitest';

import {
  apiErrorSchema,
  encodeSafetensors,
  hostTensor,
  keys,
  maxWeightsBytes,
  type WeightsStored,
  weightsStoredSchema,
} from '#lib/contracts';
import { buildBackbone, initialise, toTorchState } from '#lib/nn';
import { sha256 } from '#lib/storage';

import { putDataset, tinyControl, type TinyControl } from './control.fixture.ts';
import { apiRoutes } from './routes.ts';
import { requireToken } from './token.ts';

const options = { width: 2, stem: 'cifar' };
const changes = { 'backbone.name': 'resnet18', 'backbone.options': JSON.stringify(options) };
const { parameters } = buildBackbone('resnet18', options, { height: 32, width: 32, channels: 3 });

/** A file of the backbone's weights as torchvision names them. */
function weightsFile({ without = '', first = 1 } = {}): Uint8Array {
  const values = initialise(parameters, 5);
  values['bn1.bias']![0] = first;
  const arrays = parameters.map(({ name, shape }) => [name, { shape, data: values[name] as Float32Array }] as const);
  const torch = Object.entries(toTorchState(Object.fromEntries(arrays))).filter(([name]) => name !== without);
  return encodeSafetensors(Object.fromEntries(torch.map(([name, { data, shape }]) => [name, hostTensor(data, shape)])));
}

let tiny: TinyControl;
let app: ReturnType<typeof apiRoutes>;
beforeEach(async () => {
  tiny = tinyControl();
  app = apiRoutes(tiny.control, requireToken({ host: '127.0.0.1' }));
  await putDataset(tiny, 'pets');
});

const send = (body: Uint8Array, headers: Record<string, string> = {}) =>
  app.request('/api/weights', {
    method: 'POST',
    body: new Blob([body as Uint8Array<ArrayBuffer>]),
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });
const stored = async (body: Uint8Array): Promise<WeightsStored> =>
  weightsStoredSchema.parse(await (await send(body)).json());
const start = ({ weights }: WeightsStored, more: Record<string, string> = {}) =>
  tiny.control.runs.start({
    recipe: 'tiny',
    dataset: 'pets',
    run: 'one',
    changes: { ...changes, ...more, 'backbone.weights': JSON.stringify(weights) },
  });

test('a file is stored under its sha256, once, and a run that names it is started', async () => {
  const file = weightsFile();
  const answer = await stored(file);
  expect(answer).toEqual({ weights: { sha256: sha256(file), format: 'torchvision' }, sizeBytes: file.length });
  expect(await stored(file)).toEqual(answer);
  expect((await tiny.store.get(keys.weights(sha256(file))))?.bytes).toEqual(file);
  await start(answer);
  expect((await tiny.control.runs.spec('one')).backbone).toMatchObject({ name: 'resnet18', weights: answer.weights });
  expect(tiny.published).toHaveLength(1);
});

describe('a file that is refused leaves nothing behind', () => {
  test.each([
    ['NaN', weightsFile({ first: NaN }), 'bn1.bias (NaN at 0)'],
    ['a cut', weightsFile().subarray(0, 4000), 'safetensors'],
    ['another format', new TextEncoder().encode('a pickle'), 'safetensors'],
  ])('%s', async (_, file, message) => {
    const answer = await send(file);
    expect(answer.status).toBe(400);
    const error = apiErrorSchema.parse(await answer.json());
    expect(error.error).toContain(message);
    expect(error.remedy).toBeTruthy();
    expect(await tiny.store.head(keys.weights(sha256(file)))).toBeUndefined();
  });

  test('one that is larger than allowed, before it is read', async () => {
    const answer = await send(weightsFile(), { 'content-length': String(maxWeightsBytes + 1) });
    expect(answer.status).toBe(400);
    expect(apiErrorSchema.parse(await answer.json()).error).toContain(`at most ${maxWeightsBytes}`);
  });
});

describe('no run is created from weights that', () => {
  test.each([
    ['lack a tensor', weightsFile({ without: 'bn1.weight' }), {}, 'missing bn1.weight'],
    [
      'are of another width',
      weightsFile(),
      { width: '4' },
      'misshapen conv1.weight [2, 3, 3, 3] instead of [4, 3, 3, 3]',
    ],
    [
      'are of other models',
      weightsFile(),
      { 'backbone.name': 'resnet20-v2', 'backbone.options': '{}' },
      'the backbone is resnet20-v2',
    ],
    ['nobody sent', undefined, {}, 'there is no weights/'],
    [
      'are not of the format that is said',
      weightsFile(),
      { 'backbone.weights.format': 'timm' },
      'the file is of torchvision, not timm',
    ],
  ])('%s', async (_, file, more, message) => {
    const answer = file
      ? await stored(file)
      : weightsStoredSchema.parse({ weights: { sha256: 'e'.repeat(64), format: 'torchvision' }, sizeBytes: 1 });
    const format = (more as Record<string, string>)['backbone.weights.format'];
    const said =
      format === undefined ? answer : weightsStoredSchema.parse({ ...answer, weights: { ...answer.weights, format } });
    const others = Object.fromEntries(Object.entries(more).filter(([key]) => !key.startsWith('backbone.weights')));
    await expect(start(said, others)).rejects.toMatchObject({
      message: expect.stringContaining(message) as string,
      field: expect.stringContaining('backbone.weights') as string,
    });
    expect(await tiny.store.head(keys.runSpec('one'))).toBeUndefined();
    expect(tiny.published).toEqual([]);
  });
});
