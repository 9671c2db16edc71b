// Real images: the folder UNLABEL_TEST_IMAGES holds cifar-10-train-images.tar and imagenet-samples.tar.
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { decodeImage } from '#lib/images';
import { readLargeShard } from '#lib/shards';

import { TestStage } from './fixtures/stage.ts';

const imagesFolder = process.env['UNLABEL_TEST_IMAGES'];
if (!imagesFolder)
  throw new Error(
    'UNLABEL_TEST_IMAGES is not set: it must name the folder of cifar-10-train-images.tar and imagenet-samples.tar',
  );
const source = (name: string) => join(imagesFolder, name);

test('a fiftieth of CIFAR-10 is 100 images of each class, 32 × 32, none set aside', async () => {
  const stage = new TestStage();
  const { index } = await stage.ingest({
    sources: [source('cifar-10-train-images.tar')],
    fraction: 0.02,
    holdout: 0.1,
    tune: 0.1,
  });
  expect(index.images).toEqual({ kind: 'small', width: 32, height: 32 });
  expect(index.classes).toHaveLength(10);
  expect(index.splits).toEqual({ train: 810, tune: 90, eval: 100 });
  expect(index.classCounts.train).toEqual(new Array(10).fill(81));
  expect(index.setAside.count).toBe(0);
  const [shard] = await stage.shards(index, 'eval');
  expect(new Set(shard?.classes).size).toBe(10);
});

test('photographs of ImageNet stay as they are, and can all be decoded from their shards', async () => {
  const stage = new TestStage();
  const { index } = await stage.ingest({ sources: [source('imagenet-samples.tar')] });
  expect(index.images).toEqual({ kind: 'large' });
  let decoded = 0;
  for (const { key } of index.shards)
    for (const { bytes } of await readLargeShard((await stage.store.get(key))?.bytes ?? new Uint8Array(), key)) {
      const { width, height, data } = await decodeImage(bytes, { maxPixels: 50_000_000 });
      expect(data).toHaveLength(width * height * 3);
      decoded++;
    }
  expect(decoded).toBe(index.splits.train);
  expect(decoded).toBeGreaterThan(50);
});

test('photographs of ImageNet can be stored as squares', async () => {
  const { index } = await new TestStage().ingest({ sources: [source('imagenet-samples.tar')], size: 32 });
  expect(index.images).toEqual({ kind: 'small', width: 32, height: 32 });
  expect(index.setAside.count).toBe(0);
});
