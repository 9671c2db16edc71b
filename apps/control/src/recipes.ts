import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import { type Recipe, recipeSchema, unknownName, UsageError } from '#lib/contracts';

/** The recipe files of a folder, by name. @throws UsageError naming file, field and rule of a recipe that is wrong */
export async function loadRecipes(folder: string): Promise<Map<string, Recipe>> {
  const recipes = new Map<string, Recipe>();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()) {
    const parsed = recipeSchema.safeParse(parse(await readFile(join(folder, file), 'utf8')));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new UsageError(`recipe ${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`);
    }
    recipes.set(file.replace(/\.yaml$/, ''), parsed.data);
  }
  return recipes;
}

/** @throws UsageError with the nearest match for a recipe that doesn't exist */
export function findRecipe(recipes: Map<string, Recipe>, name: string): Recipe {
  const recipe = recipes.get(name);
  if (!recipe) throw unknownName('recipe', name, [...recipes.keys()], 'recipe');
  return recipe;
}
