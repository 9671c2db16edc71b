import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { classFiles, type Files, writeFolder } from '../fixtures/source.ts';
import { TestStage } from '../fixtures/stage.ts';
import { findImagenetLayout } from './imagenet-layout.ts';

const bytes = Buffer.from('bytes of an image');
const labels = Buffer.from(JSON.stringify({ n01: 'tench', n02: 'goldfish', n03: 'shark' }));
/** Two classes in pieces, a third in one of them. */
const layout: Files = {
  'train.X1/n01/a.png': bytes,
  'train.X2/n02/a.png': bytes,
  'train.X2/n03/a.png': bytes,
  'val.X/n01/b.png': bytes,
  'Labels.json': labels,
  'README.txt': bytes,
};

/** What is recognised in a folder of these files, by names below it; `given` are the sources, default the folder itself. */
async function found(files: Files, given: string[] = ['']) {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, files);
  const layout = await findImagenetLayout(given.map((name) => join(folder.path, name)));
  const below = (path: string) => path.slice(folder.path.length + 1);
  return (
    layout && {
      train: layout.train.map(below),
      eval: layout.eval.map(below),
      labels: layout.labels && below(layout.labels),
      ignored: layout.ignored,
    }
  );
}

test.each([
  ['the root of the layout', layout, [''], ['train.X1', 'train.X2'], ['val.X'], []],
  [
    'what a shell makes of root/*',
    layout,
    Object.keys({ 'train.X1': 0, 'train.X2': 0, 'val.X': 0, 'Labels.json': 0 }),
    ['train.X1', 'train.X2'],
    ['val.X'],
    [],
  ],
  ['some of the train folders', layout, ['train.X2'], ['train.X2'], [], []],
  [
    'a root with a folder of test images',
    { ...layout, 'test/1.png': bytes },
    [''],
    ['train.X1', 'train.X2'],
    ['val.X'],
    ['test'],
  ],
] as const)('%s is recognised', async (_, files, given, train, evaluation, ignored) => {
  expect(await found(files, [...given])).toEqual({ train, eval: evaluation, labels: 'Labels.json', ignored });
});

test.each(['val', 'valid', 'val.X', 'validation', 'valid.1'])('%s beside train is eval', async (name) => {
  const files = { 'train/a/1.png': bytes, [`${name}/a/2.png`]: bytes };
  expect(await found(files)).toEqual({ train: ['train'], eval: [name], labels: null, ignored: [] });
});

test.each([
  ['a class that is called train', { 'train/1.png': bytes, 'car/1.png': bytes }],
  ['train with folders among other classes', { 'train/steam/1.png': bytes, 'car/red/1.png': bytes }],
  ['a class called valley', { 'train/a/1.png': bytes, 'valley/a/1.png': bytes }],
  ['images beside train', { 'train/a/1.png': bytes, '1.png': bytes }],
  ['no train folder', { 'val/a/1.png': bytes }],
])('%s is no such layout', async (_, files) => {
  expect(await found(files)).toBeUndefined();
});

test('the root alone becomes a dataset: train in pieces, val as eval, classes by Labels.json, a bad file set aside by name', async () => {
  await using folder = await temporaryFolder();
  for (const [name, counts] of [
    ['train.X1', { n01: 4, n02: 4 }],
    ['train.X2', { n02: 3, n03: 6 }],
    ['valid', { n01: 2, n02: 2, n03: 2 }],
  ] as const)
    await writeFolder(join(folder.path, name), await classFiles(counts));
  await writeFile(join(folder.path, 'Labels.json'), labels);
  await writeFile(join(folder.path, 'train.X1/n01/000.png'), 'no image');
  const stage = new TestStage();
  const { index } = await stage.ingest({ sources: [folder.path], holdout: 0.5, classes: 2 });
  expect(index.classes).toEqual([
    { folder: 'n01', name: 'tench' },
    { folder: 'n02', name: 'goldfish' },
  ]);
  expect(index.classCounts).toEqual({ train: [3, 7], tune: [0, 0], eval: [2, 2] });
  expect(index.setAside.first).toEqual([
    { id: 'train.X1/n01/000.png', reason: expect.stringContaining('not an image') },
  ]);
  expect((await stage.ids(index, 'eval')).every((id) => id.startsWith('valid/n0'))).toBe(true);
  const given = await new TestStage().ingest({
    sources: ['train.X1', 'train.X2'].map((name) => join(folder.path, name)),
    evalSource: join(folder.path, 'valid'),
    classes: 2,
  });
  expect(given.contentHash).toBe(
    stage.events.flatMap((event) => (event.type === 'dataset-ready' ? event.contentHash : []))[0],
  );
});

test('a Labels.json that lacks a folder, or is none, is refused by what it lacks', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, await classFiles({ 'train/n01': 2, 'train/n04': 2, 'val/n01': 1, 'val/n04': 1 }));
  await writeFile(join(folder.path, 'Labels.json'), labels);
  const ingest = () => new TestStage().ingest({ sources: [folder.path] });
  await expect(ingest()).rejects.toThrow(UsageError);
  await expect(ingest()).rejects.toMatchObject({
    message: 'Labels.json names no class for n04; it names 3, the source has 2',
    remedy: 'add the missing folders to it, or move it away to use the folder names',
  });
  await writeFile(join(folder.path, 'Labels.json'), '["tench"]');
  await expect(ingest()).rejects.toThrow(`${folder.path}/Labels.json: must be JSON that maps folder names`);
});
