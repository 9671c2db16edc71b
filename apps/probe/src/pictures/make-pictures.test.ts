import { beforeAll, expect, test, vi } from 'vitest';

import {
  type DatasetIndex,
  hashJson,
  keys,
  neighboursPictureSchema,
  type PicturesJob,
  picturesMadeSchema,
  projectionPictureSchema,
  reconstructionsPictureSchema,
  type RunSpec,
  viewsPictureSchema,
} from '#lib/contracts';
import { decodeImage } from '#lib/images';
import { readSmallShard } from '#lib/shards';
import { jsonBytes, type ObjectStore, openMemoryStore, requireJson, sha256 } from '#lib/storage';

import { putDataset, putRun, size, tinySpec } from '../measure/measure.fixture.ts';
import { makePictures } from './make-pictures.ts';

vi.setConfig({ testTimeout: 180_000 });

const patchSize = 4;
const vit = { name: 'vit-report', options: { patchSize, depth: 1 } };
const mae = (change: Record<string, unknown> = {}): RunSpec =>
  tinySpec({
    method: { name: 'mae', options: { decoderWidth: 16, decoderDepth: 1, decoderHeads: 2 } },
    backbone: vit,
    views: { version: 1, views: [{ count: 1, operations: [{ op: 'random-resized-crop', size }] }] },
    ...change,
  });

let store: ObjectStore;
let index: DatasetIndex;
beforeAll(async () => {
  store = openMemoryStore();
  index = await putDataset(store);
  await putRun(store, 'masked', mae());
  await putRun(store, 'siamese', tinySpec());
});

async function make(run: string, step: number, kind: PicturesJob['kind'], at: ObjectStore = store) {
  const key = keys.picturesMade(run, step, kind);
  const job: PicturesJob = { version: 1, target: 'pictures', run, step, kind, key, traceId: run };
  await makePictures(at, job, () => undefined);
  return requireJson(at, key, picturesMadeSchema);
}
const picture = <T>(run: string, step: number, name: string, schema: Parameters<typeof requireJson<T>>[2]) =>
  requireJson(store, keys.pictures(run, step, `${name}.json`), schema);

async function pixelsOf(run: string, step: number, file: string) {
  const object = await store.get(keys.pictures(run, step, file));
  const { data, width } = await decodeImage(object!.bytes, { maxPixels: 1e8 });
  /** The square of a row and column of a sheet. */
  return (row: number, column: number, side: number) => {
    const square = new Uint8Array(side * side * 3);
    for (let y = 0; y < side; y++) {
      const from = ((row * side + y) * width + column * side) * 3;
      square.set(data.subarray(from, from + side * 3), y * side * 3);
    }
    return square;
  };
}

/** An image as its shard holds it. */
async function stored(split: 'train' | 'eval', number: number): Promise<Uint8Array> {
  let at = number;
  for (const { key, samples } of index.shards.filter((shard) => shard.split === split)) {
    if (at >= samples) at -= samples;
    else
      return readSmallShard((await store.get(key))!.bytes).images.slice(
        at * size * size * 3,
        (at + 1) * size * size * 3,
      );
  }
  throw new Error(`${split} has no image ${number}`);
}

test('views: images of train beside views of their own, those of several epochs', async () => {
  expect(await make('siamese', 0, 'views')).toMatchObject({ made: [{ picture: 'views' }], leftOut: [] });
  const { sheet, rows, columns } = await picture('siamese', 0, 'views', viewsPictureSchema);
  expect(sheet).toMatchObject({ rows: 8, columns: 5, side: size });
  expect(columns).toEqual([0, 1].flatMap((epoch) => [0, 1].map((view) => ({ epoch, view }))));
  expect(new Set(rows.map((row) => row.class)).size).toBe(3);
  const square = await pixelsOf('siamese', 0, 'views.png');
  for (const [row, { sample }] of rows.entries()) expect(square(row, 0, size)).toEqual(await stored('train', sample));
  expect(square(0, 1, size)).not.toEqual(square(0, 2, size));
});

test.each([0, 10])(
  'reconstructions of step %i: exactly the removed patches are grey, and predicted where they are pasted',
  async (step) => {
    const { made } = await make('masked', step, 'encoder');
    expect(made.map((each) => each.picture)).toEqual(['reconstructions', 'neighbours', 'projection']);
    const { sheet, rows, isNormalised, ...rest } = await picture(
      'masked',
      step,
      'reconstructions',
      reconstructionsPictureSchema,
    );
    expect({ isNormalised, patchSize: rest.patchSize, step: rest.step }).toEqual({
      isNormalised: true,
      patchSize,
      step,
    });
    expect(Number.isFinite(rest.loss)).toBe(true);
    const square = await pixelsOf('masked', step, 'reconstructions.png');
    for (const [row, { sample, removed }] of rows.entries()) {
      const [original, masked, pasted, predicted] = [0, 1, 2, 3].map((column) => square(row, column, sheet.side));
      expect(original).toEqual(await stored('eval', sample));
      expect(removed).toHaveLength(3); // of four patches, at a ratio of 0.75
      for (let at = 0; at < original!.length; at++) {
        const [y, x] = [Math.floor(at / 3 / size), Math.floor(at / 3) % size];
        const isRemoved = removed.includes(Math.floor(y / patchSize) * 2 + Math.floor(x / patchSize));
        expect(masked![at]).toBe(isRemoved ? 128 : original![at]);
        expect(pasted![at]).toBe(isRemoved ? predicted![at] : original![at]);
      }
    }
  },
);

test('every step completes the same images under the same masks', async () => {
  const at = async (step: number) =>
    (await picture('masked', step, 'reconstructions', reconstructionsPictureSchema)).rows;
  expect(await at(10)).toEqual(await at(0));
});

test('a method that removes nothing has neighbours and a projection alone', async () => {
  const { made, leftOut } = await make('siamese', 10, 'encoder');
  expect(made.map((each) => each.picture)).toEqual(['neighbours', 'projection']);
  expect(leftOut).toEqual([]);
});

test('neighbours: of train, nearest first, with the part that is of the same class', async () => {
  const found = await picture('siamese', 10, 'neighbours', neighboursPictureSchema);
  expect(found).toMatchObject({ split: 'eval', bankSamples: 30, step: 10 });
  expect(found.queries).toHaveLength(12);
  for (const cosines of found.cosines) {
    expect(cosines).toHaveLength(8);
    expect(cosines).toEqual(cosines.toSorted((a, b) => b - a));
  }
  for (const [row, neighbours] of found.neighbours.entries()) {
    expect(new Set(neighbours).size).toBe(8);
    expect(found.neighbourClasses[row]).toEqual(neighbours.map((number) => number % 3));
  }
  const same = found.neighbourClasses.flatMap((labels, row) => labels.filter((label) => label === found.classes[row]));
  expect(found.sameClass).toBeCloseTo(same.length / (12 * 8), 12);
});

test('projection: a point an image, by both ways', async () => {
  const { samples, classes, pca, umap } = await picture('siamese', 10, 'projection', projectionPictureSchema);
  expect(samples).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(classes).toEqual(samples.map((number) => number % 3));
  for (const { x, y } of [pca, umap]) expect([x.length, y.length]).toEqual([12, 12]);
  expect(pca.explained[0]).toBeGreaterThanOrEqual(pca.explained[1]);
});

test('the same spec gives the same bytes, made anew elsewhere', async () => {
  const other = openMemoryStore();
  await putDataset(other);
  await putRun(other, 'masked', mae());
  await make('masked', 0, 'views', store);
  await make('masked', 0, 'views', other);
  await make('masked', 10, 'encoder', other);
  const bytes = async (at: ObjectStore) => {
    const found: Record<string, string> = {};
    for await (const { key } of at.list(keys.picturesOf('masked')))
      if (!key.includes('00000000/') || key.includes('views')) found[key] = sha256((await at.get(key))!.bytes);
    return found;
  };
  expect(Object.keys(await bytes(other))).toHaveLength(8);
  expect(await bytes(other)).toEqual(await bytes(store));
});

test('pictures that are there are not made again, and what names them agrees with them', async () => {
  const { made } = await make('masked', 10, 'encoder');
  for (const { file, sha256: hash } of made)
    expect(sha256((await store.get(keys.pictures('masked', 10, file)))!.bytes)).toBe(hash);
  const created = vi.spyOn(store, 'create');
  await make('masked', 10, 'encoder');
  expect(created).not.toHaveBeenCalled();
  created.mockRestore();
});

test('what can not be drawn is left out, with the reason', async () => {
  const bare = openMemoryStore();
  const whole = await putDataset(bare);
  const without: DatasetIndex = {
    ...whole,
    splits: { ...whole.splits, eval: 0, tune: 0 },
    shards: whole.shards.filter(({ split }) => split === 'train'),
  };
  const contentHash = hashJson(without);
  await bare.create(keys.datasetIndex('patterns', contentHash), jsonBytes(without));
  await putRun(bare, 'blind', mae({ dataset: { name: 'patterns', contentHash, trainSamples: 30 } }));
  const { made, leftOut } = await make('blind', 0, 'encoder', bare);
  expect(made).toEqual([]);
  for (const { reason } of leftOut) expect(reason).toBe('dataset patterns has no images in eval or tune');
  expect(leftOut.map((each) => each.picture)).toEqual(['reconstructions', 'neighbours', 'projection']);
});

test('a step without checkpoint is refused', async () => {
  await expect(make('masked', 15, 'encoder')).rejects.toThrow('run masked has no checkpoint at step 15; it has 10');
});
