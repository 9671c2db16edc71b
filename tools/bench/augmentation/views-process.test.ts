import { expect, test } from 'vitest';

import { viewRecipeSchema } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { photographs, writePictures } from './pictures.ts';
import { ViewsProcess } from './views-process.ts';

const operations = [{ op: 'random-resized-crop', size: 8 }, { op: 'horizontal-flip' }];
const recipe = viewRecipeSchema.parse({ version: 1, views: [{ count: 2, operations }] });

test('views are made of JPEGs, and of pixels, for every pass that is asked for', async () => {
  await using folder = await temporaryFolder();
  const sizes = [
    { width: 20, height: 12 },
    { width: 9, height: 30 },
  ];
  const files = await writePictures(folder.path, { name: 'test', sizes, isJpeg: true });
  expect(await photographs(folder.path, 5)).toEqual(files);
  for (const decoded of [false, true]) {
    await using ours = await ViewsProcess.start({ recipe, files, decoded });
    const { seconds, rssBytes } = await ours.ran('all', 3);
    expect([seconds.length, rssBytes.length]).toEqual([3, 3]);
    expect(await ours.side('views').run(2)).toHaveLength(2);
  }
});

test('a file that is no picture is refused with its reason, and a folder without JPEGs by its name', async () => {
  const files = [import.meta.filename];
  await expect(ViewsProcess.start({ recipe, files, decoded: false })).rejects.toThrow('ours: not an image');
  await expect(photographs(import.meta.dirname, 1)).rejects.toThrow(`there are no JPEGs in ${import.meta.dirname}`);
});
