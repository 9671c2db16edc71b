import { parse } from 'yaml';

import { unknownName, UsageError } from '#lib/contracts';

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Applies `key=value` changes to a recipe: dotted keys, values as YAML. A key that is no field of the recipe but an
 * option of its method (`maskRatio`) means that option.
 *
 * @param methodOptions names of the method's options
 * @param backboneOptions names of the backbone's options
 * @throws UsageError with the nearest match for an unknown key
 */
export function applyChanges(
  recipe: object,
  changes: Record<string, string>,
  { methodOptions, backboneOptions }: { methodOptions: string[]; backboneOptions: string[] },
): Tree {
  const tree = structuredClone(recipe) as Tree;
  for (const [key, text] of Object.entries(changes)) {
    const path = key.split('.');
    const [first = ''] = path;
    if (!(first in tree) && path.length === 1 && methodOptions.includes(first)) path.unshift('method', 'options');
    else if (!(first in tree) && path.length === 1 && backboneOptions.includes(first))
      path.unshift('backbone', 'options');
    set(tree, path, parseValue(key, text), key, [...methodOptions, ...backboneOptions]);
  }
  return tree;
}

function parseValue(key: string, text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new UsageError(`${key}: the value "${text}" is not YAML`, { cause, field: key });
  }
}

const fixed = new Set(['title', 'description']);

function set(tree: Tree, path: string[], value: unknown, key: string, shorthands: string[]): void {
  let at = tree;
  for (const [depth, part] of path.entries()) {
    const inOptions = depth === 2 && path[1] === 'options';
    if (!inOptions && !(part in at)) {
      const known = Object.keys(at).filter((name) => !fixed.has(name));
      throw unknownName(
        'key',
        key,
        depth === 0 ? [...known, ...shorthands] : known.map((name) => [...path.slice(0, depth), name].join('.')),
        key,
      );
    }
    if (depth === path.length - 1) {
      at[part] = isTree(at[part]) && isTree(value) ? { ...at[part], ...value } : value;
      return;
    }
    const next = at[part];
    if (!isTree(next))
      throw new UsageError(`${key}: ${path.slice(0, depth + 1).join('.')} is a value, not a group`, { field: key });
    at = next;
  }
}
