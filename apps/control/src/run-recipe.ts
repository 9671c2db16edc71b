import { ConflictError, type Recipe, type RunRecipe, type RunSpec, UsageError } from '#lib/contracts';

import type { Datasets } from './datasets.ts';
import { resolveSpec } from './resolve-spec.ts';

/** What a run's recipe gives without changes, as far as recipe and dataset are still what they were. */
export async function recipeOfRun(
  recipes: Map<string, Recipe>,
  datasets: Datasets,
  { recipe: recipeName, dataset: { name, contentHash } }: Pick<RunSpec, 'recipe' | 'dataset'>,
): Promise<RunRecipe> {
  const unknown: RunRecipe = { recipe: recipeName, spec: null };
  const recipe = recipes.get(recipeName);
  if (!recipe) return unknown;
  try {
    const { head, index } = await datasets.ready(name);
    if (head.contentHash !== contentHash) return unknown;
    return {
      ...unknown,
      spec: resolveSpec({ recipeName, recipe, changes: {}, dataset: { name, contentHash, index } }).spec,
    };
  } catch (error) {
    // The dataset is gone, or the recipe was changed and fits it no more.
    if (error instanceof UsageError || error instanceof ConflictError) return unknown;
    throw error;
  }
}
