import { resolve } from 'node:path';

import { expect, test } from 'vitest';

import { UnlabelError } from '#lib/contracts';

import { sha, tinyIndex } from '../control.fixture.ts';
import { findRecipe, loadRecipes } from '../recipes.ts';
import { resolveSpec } from '../resolve-spec.ts';
import { askAdmission } from './ask.ts';

const recipes = await loadRecipes(resolve(import.meta.dirname, '../../../../recipes'));
const index = tinyIndex({
  splits: { train: 50_000, tune: 0, eval: 500 },
  classCounts: { train: [25_000, 25_000], tune: [0, 0], eval: [250, 250] },
});
const specOf = (name: string, changes: Record<string, string>) =>
  resolveSpec({
    recipeName: name,
    recipe: findRecipe(recipes, name),
    changes,
    dataset: { name: 'pets', contentHash: sha('c'), index },
  }).spec;

test('a process of its own gives each spec its model, its memory, and the largest batch where it does not fit', async () => {
  const places = [{ name: 'box', device: 'cpu' as const, bytes: 8e9 }];
  const specs = [specOf('mae', { batch: '64' }), specOf('simsiam', { batch: '4096' })];
  const [small, large] = await askAdmission(specs, places);
  expect(small?.refusal).toBeNull();
  expect(small?.model.layers[0]).toEqual({ layer: 'images', outputShape: [32, 32, 3], parameters: 0 });
  expect(small?.model.memory.hostBytes).toBeLessThan(2e9);
  expect(large?.refusal?.field).toBe('batch');
  expect(large?.refusal?.message).toMatch(/^batch: 4096 takes about \d\d\.\d GB of memory, box has 8\.0 GB/);
  const fitting = /^use batch=(\d+), the largest that fits/.exec(large?.refusal?.remedy ?? '')?.[1];
  const again = await askAdmission(
    [specOf('simsiam', { batch: String(fitting) }), specOf('simsiam', { batch: String(Number(fitting) + 1) })],
    places,
  );
  expect(again[0]?.refusal).toBeNull();
  expect(again[1]?.refusal?.remedy).toContain(`batch=${fitting}`);
}, 600_000);

test('a process that fails says why', async () => {
  const broken = { ...specOf('mae', {}), method: { name: 'mea', options: {} } };
  await expect(askAdmission([broken], [])).rejects.toThrow(UnlabelError);
  await expect(askAdmission([broken], [])).rejects.toThrow(/checking the spec failed: .*unknown method "mea"/);
}, 600_000);
