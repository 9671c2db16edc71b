import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import { experimentFileSchema, type Recipe, recipeSchema, unknownName, UsageError } from '#lib/contracts';

/**
 * The recipe files of a folder, by name. Experiment files, which say so by their `kind`, are left to those who run them,
 * but one that is wrong is refused as well.
 * @throws UsageError naming file, field and rule of what is wrong
 */
export async function loadRecipes(folder: string): Promise<Map<string, Recipe>> {
  const recipes = new Map<string, Recipe>();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()) {
    const content: unknown = parse(await readFile(join(folder, file), 'utf8'));
    const isExperiment = isKind(content, 'experiment');
    const parsed = (isExperiment ? experimentFileSchema : recipeSchema).safeParse(content);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new UsageError(
        `${isExperiment ? 'experiment' : 'recipe'} ${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`,
      );
    }
    if (!isExperiment) recipes.set(file.replace(/\.yaml$/, ''), parsed.data as Recipe);
  }
  return recipes;
}

const isKind = (content: unknown, kind: string): boolean =>
  typeof content === 'object' && content !== null && 'kind' in content && content.kind === kind;

/** @throws UsageError with the nearest match for a recipe that doesn't exist */
export function findRecipe(recipes: Map<string, Recipe>, name: string): Recipe {
  const recipe = recipes.get(name);
  if (!recipe) throw unknownName('recipe', name, [...recipes.keys()], 'recipe');
  return recipe;
}
