import { beforeEach, expect, test, vi } from 'vitest';

import {
  type ApiError,
  confusedSchema,
  type DatasetIndex,
  datasetSamplesSchema,
  encodePredictions,
  keys,
} from '#lib/contracts';
import { decodeImage, encodePng } from '#lib/images';
import { writeLargeShard, writeSmallShard } from '#lib/shards';
import { sha256 } from '#lib/storage';

import { putDataset, sha, tinyControl, type TinyControl, tinyIndex } from './control.fixture.ts';
import { apiRoutes } from './routes.ts';
import { requireToken } from './token.ts';

const side = 4;
const pixelsOf = (number: number) => Uint8Array.from({ length: side * side * 3 }, (_, at) => (number * 7 + at) % 256);
const idOf = (number: number) => `class-${number % 2}/${number}.png`;

let tiny: TinyControl;
let app: ReturnType<typeof apiRoutes>;
let index: DatasetIndex;
beforeEach(async () => {
  tiny = tinyControl();
  app = apiRoutes(tiny.control, requireToken({ host: '127.0.0.1' }));
  index = tinyIndex({
    images: { kind: 'small', width: side, height: side },
    shards: [await putShard('train', 30, 0), await putShard('train', 10, 30), await putShard('eval', 8, 100)],
    splits: { train: 40, tune: 0, eval: 8 },
    classCounts: { train: [20, 20], tune: [0, 0], eval: [4, 4] },
  });
  await putDataset(tiny, 'pets', { index });
});

async function putShard(split: 'train' | 'eval', count: number, from: number) {
  const entries = Array.from({ length: count }, (_, i) => ({
    id: idOf(from + i),
    class: (from + i) % 2,
    bytes: pixelsOf(from + i),
  }));
  const bytes = writeSmallShard({ height: side, width: side, channels: 3, entries });
  const key = keys.shard(sha256(bytes), 'small');
  await tiny.store.create(key, bytes);
  return { split, key, sizeBytes: bytes.length, samples: count, sha256: sha256(bytes) };
}

const samples = async (query: string) =>
  datasetSamplesSchema.parse(await (await app.request(`/api/datasets/pets/samples?${query}`)).json());
const image = async (query: string, headers: Record<string, string> = {}) =>
  app.request(`/api/datasets/pets/image?${query}`, { headers });
const refused = async (answer: Response | Promise<Response>, status: number) => {
  const got = await answer;
  expect(got.status).toBe(status);
  return (await got.json()) as ApiError;
};

test('samples are numbered through the shards of their split; those of a class are counted by themselves', async () => {
  expect(await samples('split=train&count=3&offset=29')).toEqual({
    dataset: 'pets',
    contentHash: sha('c'),
    split: 'train',
    class: null,
    total: 40,
    offset: 29,
    samples: [29, 30, 31].map((number) => ({ index: number, id: idOf(number), class: number % 2 })),
  });
  const ofClass = await samples('split=train&class=1&count=3&offset=14');
  expect(ofClass).toMatchObject({ class: 1, total: 20, offset: 14 });
  expect(ofClass.samples.map((sample) => sample.index)).toEqual([29, 31, 33]);
  expect((await samples('split=train&offset=38')).samples).toHaveLength(2);
  expect((await samples('split=tune')).samples).toEqual([]);
});

test('an image is served as it is stored, and its tag is another for another one', async () => {
  const first = await image('split=train&index=33');
  expect(first.headers.get('content-type')).toBe('image/png');
  const { data, width, height } = await decodeImage(new Uint8Array(await first.arrayBuffer()), { maxPixels: 100 });
  expect([width, height]).toEqual([side, side]);
  expect(data).toEqual(pixelsOf(33));
  expect((await image('split=train&index=34')).headers.get('etag')).not.toBe(first.headers.get('etag'));
});

test('an address that names the index may be kept for ever, another one is asked for again by its tag', async () => {
  const now = await image('split=train&index=3');
  expect(now.headers.get('cache-control')).toBe('private, no-cache');
  const again = await image('split=train&index=3', { 'if-none-match': now.headers.get('etag') ?? '' });
  expect([again.status, await again.text()]).toEqual([304, '']);
  const fixed = await image(`split=train&index=3&content=${sha('c')}`);
  expect(fixed.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
});

test('a page and the images on it read each shard once, also when they are asked for at the same time', async () => {
  const get = vi.spyOn(tiny.store, 'get');
  await Promise.all(Array.from({ length: 30 }, async (_, number) => image(`split=train&index=${number}`)));
  await samples('split=train&class=0&count=5');
  expect(get.mock.calls.filter(([key]) => key.startsWith('shards/'))).toHaveLength(1);
});

test('a large image comes whole or as a square of the asked size', async () => {
  const file = await encodePng({ width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(90) });
  const bytes = await writeLargeShard([{ id: 'class-0/a.png', class: 0, bytes: file }]);
  const key = keys.shard(sha256(bytes), 'large');
  await tiny.store.create(key, bytes);
  const shard = { split: 'eval' as const, key, sizeBytes: bytes.length, samples: 1, sha256: sha256(bytes) };
  const large = {
    ...index,
    images: { kind: 'large' as const },
    shards: [shard],
    splits: { train: 0, tune: 0, eval: 1 },
  };
  await putDataset(tiny, 'photos', { index: large, contentHash: sha('d') });
  for (const [size, wanted] of [
    ['', [60, 40]],
    ['&size=16', [16, 16]],
  ] as const) {
    const answer = await app.request(`/api/datasets/photos/image?split=eval&index=0${size}`);
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    const { width, height } = await decodeImage(new Uint8Array(await answer.arrayBuffer()), { maxPixels: 1e4 });
    expect([width, height]).toEqual(wanted);
  }
});

test('what is not there is refused by name', async () => {
  expect(await refused(image('split=train&index=40'), 404)).toMatchObject({ field: 'index', remedy: 'use 0 to 39' });
  expect(await refused(app.request('/api/datasets/pets/samples?class=2'), 400)).toMatchObject({ field: 'class' });
  expect((await refused(image(`index=0&content=${sha('e')}`), 404)).error).toContain('has no index');
  expect(await refused(app.request('/api/datasets/pet/image?index=0'), 400)).toMatchObject({ nearest: 'pets' });
  for (const query of ['index=-1', 'index=0&split=test', 'index=0&content=..', 'index=0&size=9999', ''])
    await refused(image(query), 400);
  for (const name of ['..', '%2e%2e%2fpets', '%00', 'a%2fb'])
    expect([400, 404]).toContain((await app.request(`/api/datasets/${name}/image?index=0&content=${sha('c')}`)).status);
});

test('a shard that was altered is not shown', async () => {
  const { key } = index.shards[0]!;
  const bytes = (await tiny.store.get(key))!.bytes;
  bytes[bytes.length - 1]! ^= 1;
  await tiny.store.delete(key);
  await tiny.store.create(key, bytes);
  expect((await image('split=train&index=0')).status).toBe(500);
});

test('the images behind a cell of a confusion matrix', async () => {
  await tiny.control.runs.start({ recipe: 'tiny', dataset: 'pets', changes: {}, run: 'one' });
  const predictions = {
    samples: Uint32Array.from({ length: 8 }, (_, i) => i),
    truth: Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1),
    predicted: Int32Array.of(1, 1, 1, 1, 0, 1, 1, 0),
  };
  const path = '/api/runs/one/probes/10/knn/confused?truth=0&predicted=1';
  expect(await refused(app.request(path), 404)).toMatchObject({
    remedy: 'measure it again: ./unlabel probe one --kind knn --checkpoint 10 --split eval --again',
  });
  await tiny.store.create(keys.predictions('one', 10, 'knn'), encodePredictions(predictions));
  const found = confusedSchema.parse(await (await app.request(`${path}&limit=2`)).json());
  expect(found).toMatchObject({ total: 3, contentHash: sha('c'), dataset: 'pets', split: 'eval' });
  expect(found.samples).toEqual([0, 2].map((number) => ({ index: number, id: idOf(100 + number), class: 0 })));
  const rest = confusedSchema.parse(await (await app.request(`${path}&limit=2&offset=2`)).json());
  expect(rest.samples.map((sample) => sample.index)).toEqual([6]);
  expect(await refused(app.request(path.replace('truth=0', 'truth=2')), 400)).toMatchObject({ field: 'truth' });
  await refused(app.request(path.replace('knn', 'nothing')), 400);
});
