import { beforeAll, expect, test } from 'vitest';

import { type DatasetIndex } from '#lib/contracts';
import { type Sample } from '#lib/shards';
import { type ObjectStore, openMemoryStore } from '#lib/storage';

import { augmented } from './augmentation.ts';
import { putDataset, size } from './measure.fixture.ts';
import { openSamples } from './samples.ts';

let store: ObjectStore;
let index: DatasetIndex;
beforeAll(async () => {
  store = openMemoryStore();
  index = await putDataset(store);
});

const all = async (samples: AsyncIterable<Sample>) => {
  const found: Sample[] = [];
  for await (const sample of samples) found.push(sample);
  return found;
};
const numbers = (samples: Sample[]) => samples.map(({ number }) => number);

test('in order they are those of the index, the first of them where there is a limit', async () => {
  const train = await all(openSamples(store, index, 'train', null).inOrder());
  expect(numbers(train)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect(train[20]).toMatchObject({ id: 'train/20.png', label: 2 });
  const few = openSamples(store, index, 'train', 20);
  expect(few.count).toBe(20);
  expect(numbers(await all(few.inOrder()))).toEqual(numbers(train).slice(0, 20));
});

test('shuffled they are the same ones, in another order in each epoch', async () => {
  const few = openSamples(store, index, 'train', 20);
  const epochs = await Promise.all(
    [0, 0, 1].map(async (epoch) => numbers(await all(few.shuffled({ seed: 1, epoch, groupShards: 2 })))),
  );
  expect(epochs[0]).toEqual(epochs[1]);
  expect(epochs[2]).not.toEqual(epochs[0]);
  for (const order of epochs) expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('no more shards are read than the order visits', async () => {
  const read: string[] = [];
  const watched = {
    ...store,
    describe: () => '',
    get: (key: string) => (read.push(key), store.get(key)),
  } as ObjectStore;
  await all(openSamples(watched, index, 'train', null).only(Uint32Array.of(19, 25)));
  expect(read).toHaveLength(1);
  read.length = 0;
  await all(openSamples(watched, index, 'train', null).shuffled({ seed: 1, epoch: 0, groupShards: 2 }));
  expect(read).toHaveLength(2);
});

test('a square of the size of the image is the image; other sizes are resized', async () => {
  const [sample] = await all(openSamples(store, index, 'eval', 1).inOrder());
  expect(await sample!.square(size)).toEqual((await sample!.whole()).data);
  expect(await sample!.square(4)).toHaveLength(4 * 4 * 3);
});

test('an augmented image depends on seed, epoch and sample alone', async () => {
  const [first, second] = await all(openSamples(store, index, 'eval', 2).inOrder());
  const options = { size: 4, smallestCrop: 0.2, seed: 1, epoch: 0 };
  const image = await augmented(first!, options);
  expect(image).toHaveLength(4 * 4 * 3);
  expect(await augmented(first!, options)).toEqual(image);
  expect(await augmented(first!, { ...options, epoch: 1 })).not.toEqual(image);
  expect(await augmented(second!, options)).not.toEqual(image);
});

test('an index that says otherwise than its shards is refused', () => {
  const wrong = { ...index, splits: { ...index.splits, tune: 10 } };
  expect(() => openSamples(store, wrong, 'tune', null)).toThrow('the shards of tune hold 9 images, the index says 10');
});
