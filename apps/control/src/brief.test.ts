import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { experimentFileSchema, keys } from '#lib/contracts';

import { sha, tinyIndex } from './control.fixture.ts';
import { expandExperiment } from './expand-experiment.ts';
import { loadRecipes } from './recipes.ts';

const folder = resolve(fileURLToPath(import.meta.url), '../../../../recipes');
const ten = (images: number) => new Array<number>(10).fill(images / 10);

/** An index as the datasets that the file names have it. */
const data = (side: number, train: number) =>
  tinyIndex({
    images: { kind: 'small', width: side, height: side },
    classes: ten(10).map((_, i) => ({ folder: `c${i}`, name: `c${i}` })),
    splits: { train, tune: 2500, eval: 10_000 },
    classCounts: { train: ten(train), tune: ten(2500), eval: ten(10_000) },
    shards: [{ split: 'train', key: keys.shard(sha('a'), 'small'), sizeBytes: 1000, samples: train, sha256: sha('a') }],
  });

describe.each([
  ['cifar10', data(32, 47_500)],
  ['fashion-mnist', data(28, 59_850)],
])('the report’s comparison on %s', (name, index) => {
  const expand = async (changes: Record<string, string>) =>
    expandExperiment({
      file: experimentFileSchema.parse(parse(await readFile(resolve(folder, 'brief.yaml'), 'utf8'))),
      changes,
      recipes: await loadRecipes(folder),
      dataset: { name, contentHash: sha('c'), index },
    });

  test('is four runs of the report’s lengths, three of which train on the same views', async () => {
    const { runs, notes } = await expand({});
    expect(runs.map(({ label, spec }) => [label, spec.epochs])).toEqual([
      ['brief-mae', 15],
      ['brief-simsiam', 10],
      ['brief-barlow-twins', 10],
      ['brief-nnclr', 10],
    ]);
    expect(notes).toContain(
      'brief-simsiam, brief-barlow-twins, brief-nnclr train on the same views: each block is made once',
    );
  });

  test.each([{ epochs: '1' }, { images: '100000' }, { minutes: '10' }])('fits %j', async (changes) => {
    const { runs, notes } = await expand(changes);
    expect(runs).toHaveLength(4);
    expect(notes.join()).not.toContain('different lengths');
  });
});
