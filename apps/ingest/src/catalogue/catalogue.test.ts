import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ingestOptionsSchema, UsageError } from '#lib/contracts';
import { decodeImage } from '#lib/images';
import { temporaryFolder } from '#lib/testing';

import { ImageReader } from '../read-image.ts';
import { listSources } from '../sources/index.ts';
import { type Picture, writeImageTar } from './image-tar.ts';
import { cacheFolder, resolveSources } from './index.ts';

const reports = { log: () => undefined, progress: () => undefined };
const pictures = Array.from({ length: 70 }, (_, n): Picture => ({
  name: `class-${n % 2}/${String(n).padStart(3, '0')}.png`,
  width: 3,
  height: 2,
  data: new Uint8Array(18).fill(n),
}));

test('pictures are packed in order, losslessly, and the same into the same bytes', async () => {
  await using folder = await temporaryFolder();
  const [one, two] = [join(folder.path, 'new/1.tar'), join(folder.path, 'new/2.tar')];
  let steps = 0;
  await writeImageTar(one, pictures, () => void steps++);
  await writeImageTar(two, pictures, reports.progress);
  expect(steps).toBe(70);
  expect(await readFile(one)).toEqual(await readFile(two));
  const { images } = await listSources([one], reports.progress);
  expect(images.toSorted((a, b) => (a.offset ?? 0) - (b.offset ?? 0)).map(({ id }) => id)).toEqual(
    pictures.map(({ name }) => name),
  );
  await using reader = new ImageReader();
  for (const image of images) {
    const { data } = await decodeImage(await reader.read(image), { maxPixels: 100 });
    expect(data).toEqual(pictures.find(({ name }) => name === image.id)?.data);
  }
});

test('a tar that could not be finished leaves no file', async () => {
  await using folder = await temporaryFolder();
  async function* ending(): AsyncGenerator<Picture> {
    yield* pictures.slice(0, 40);
    throw new Error('the network is gone');
  }
  await expect(writeImageTar(join(folder.path, 'a.tar'), ending(), reports.progress)).rejects.toThrow(
    'the network is gone',
  );
  await expect(
    writeImageTar(join(folder.path, 'a.tar'), [{ ...(pictures[0] as Picture), width: 4 }], reports.progress),
  ).rejects.toThrow(UsageError);
  expect(await readdir(folder.path)).toEqual([]);
});

test('a name that the catalogue lacks is refused with the nearest one', async () => {
  const resolving = resolveSources(ingestOptionsSchema.parse({ sources: ['fashion-mnits'] }), reports);
  await expect(resolving).rejects.toThrow(UsageError);
  await expect(resolving).rejects.toMatchObject({ nearest: 'fashion-mnist' });
});

test('paths stay as they are', async () => {
  const options = ingestOptionsSchema.parse({ sources: ['/a', '/b'], evalSource: '/c' });
  expect(await resolveSources(options, reports)).toEqual({ sources: ['/a', '/b'], evalSources: ['/c'] });
});

test('fetched datasets lie in UNLABEL_CACHE, else in the cache folder of the user', () => {
  expect(cacheFolder({ UNLABEL_CACHE: '/cache' })).toBe('/cache/datasets');
  expect(cacheFolder({ XDG_CACHE_HOME: '/home/me/.cache' })).toBe('/home/me/.cache/unlabel/datasets');
});
