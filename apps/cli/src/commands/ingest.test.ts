import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { temporaryFolder, type TemporaryFolder } from '#lib/testing';

import { ingestOptions } from './ingest.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('ingest-options');
  await mkdir(join(folder.path, 'images'));
  await writeFile(join(folder.path, 'labels.json'), '{"n01":"cat"}');
  await writeFile(join(folder.path, 'wrong.json'), '["cat"]');
});
afterAll(() => folder[Symbol.asyncDispose]());

test('numbers are parsed, labels read, defaults filled in', async () => {
  const images = join(folder.path, 'images');
  const labels = join(folder.path, 'labels.json');
  expect(
    await ingestOptions([images], { eval: images, holdout: '0', classes: '3', fraction: '0.5', size: '32', labels }),
  ).toEqual({
    sources: [images],
    evalSource: images,
    holdout: 0,
    tune: 0.05,
    classes: 3,
    fraction: 0.5,
    labels: { n01: 'cat' },
    size: 32,
    maxPixels: 50_000_000,
  });
});

test('a path that exists becomes absolute, a name stays for the catalogue', async () => {
  const { sources } = await ingestOptions(['apps', 'cifar10'], {});
  expect(sources).toEqual([join(process.cwd(), 'apps'), 'cifar10']);
});

test.each(['./nowhere', 'no/such', 'images.tar'])(
  'source %s that does not exist is refused with the path',
  async (source) => {
    await expect(ingestOptions([source], {})).rejects.toThrow(
      expect.objectContaining({ field: 'SOURCE', remedy: expect.stringContaining(process.cwd()) as string }),
    );
  },
);

test.each([
  [{ holdout: 'half' }, /^--holdout: .*"half"/],
  [{ holdout: '' }, /^--holdout: .*""/],
  [{ tune: '1' }, /^--tune: .*got 1/],
  [{ classes: '2.5' }, /^--classes: .*got 2.5/],
  [{ fraction: '0' }, /^--fraction: .*got 0/],
  [{ size: '5000' }, /^--size: .*4096.*got 5000/],
])('%j is refused by flag and value', async (flags, message) => {
  await expect(ingestOptions(['cifar10'], flags)).rejects.toThrow(message);
});

test('labels that are missing or no map of names are refused by file', async () => {
  for (const file of ['none.json', 'wrong.json'])
    await expect(ingestOptions(['cifar10'], { labels: join(folder.path, file) })).rejects.toThrow(
      `--labels ${folder.path}`,
    );
});
