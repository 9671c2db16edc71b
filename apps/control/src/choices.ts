import { optimiserSchema, type Recipe, scheduleSchema } from '#lib/contracts';

import { parseValue } from './changes.ts';

const choices = ['method', 'backbone', 'optimiser', 'schedule'] as const;
type Choice = (typeof choices)[number];
const unions = { optimiser: optimiserSchema, schedule: scheduleSchema };

/** The name that a change gives a choice (`method.name=mae`, or `method={name: mae}`), or the recipe's own. */
function chosenName(choice: Choice, recipe: Recipe, changes: Record<string, string>): unknown {
  const key = `${choice}.name`;
  if (changes[key] !== undefined) return parseValue(key, changes[key]);
  const group = changes[choice] === undefined ? undefined : parseValue(choice, changes[choice]);
  const { name } = (group ?? {}) as { name?: unknown };
  return name ?? recipe[choice].name;
}

/**
 * A recipe whose changes name another method, backbone, optimiser or schedule loses the options of its own one: they
 * mean nothing to the other, which starts from its defaults. A note says so.
 */
export function withChoices(
  recipe: Recipe,
  changes: Record<string, string>,
): { recipe: Recipe; methodName: string; backboneName: string; notes: string[] } {
  const names = {} as Record<Choice, string>;
  const changed: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const choice of choices) {
    const name = (names[choice] = String(chosenName(choice, recipe, changes)));
    if (name === recipe[choice].name) continue;
    changed[choice] = { name, ...defaultsOf(choice, name) };
    notes.push(`${choice} ${name} instead of the recipe's ${recipe[choice].name}: its options start from its defaults`);
  }
  return {
    recipe: { ...recipe, ...changed },
    methodName: names.method,
    backboneName: names.backbone,
    notes,
  };
}

/** Every field of an optimiser or schedule with its default; undefined where one must be given. */
function defaultsOf(choice: Choice, name: string): Record<string, unknown> {
  if (choice === 'method') return { options: {} };
  if (choice === 'backbone') return { options: {}, weights: null };
  const options: readonly { shape: Record<string, { safeParse(value: unknown): { data?: unknown } }> }[] =
    unions[choice].options;
  const shape = options.find((option) => option.shape['name']?.safeParse(name).data === name)?.shape ?? {};
  const fields = Object.entries(shape).filter(([field]) => field !== 'name');
  return Object.fromEntries(fields.map(([field, schema]) => [field, schema.safeParse(undefined).data]));
}
