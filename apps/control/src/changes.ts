import { parse } from 'yaml';

import { unknownName, UsageError } from '#lib/contracts';

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Groups and lists; the entries of a list have their numbers as names. */
const isNode = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** Names of the options of the method and the backbone that the changed recipe will have. */
export interface OptionNames {
  method: string[];
  backbone: string[];
}

/**
 * Applies `key=value` changes to a recipe: dotted keys, values as YAML. A key that is no field of the recipe but an
 * option of its method (`maskRatio`) means that option.
 *
 * @throws UsageError with the nearest match for an unknown key
 */
export function applyChanges(recipe: object, changes: Record<string, string>, options: OptionNames): Tree {
  const tree = structuredClone(recipe) as Tree;
  const opened = new Set<unknown>();
  for (const [key, text] of Object.entries(changes))
    set(tree, fullPath(tree, key, options), parseValue(key, text), { key, options, opened });
  return tree;
}

/** Whether a change of this key means something to the recipe; what it is set to is checked when it is applied. */
export function knowsKey(recipe: object, key: string, options: OptionNames): boolean {
  let at: unknown = recipe;
  const path = fullPath(recipe as Tree, key, options);
  return path.every((part, depth) => {
    if (at === null) return true; // a group that is off: its schema checks what it is set to
    if (!isNode(at) || !knownNames(at, path.slice(0, depth), options).includes(part)) return false;
    at = at[part];
    return true;
  });
}

/** The value of a change. @throws UsageError for text that is not YAML */
export function parseValue(key: string, text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (cause) {
    throw new UsageError(`${key}: the value "${text}" is not YAML`, { cause, field: key });
  }
}

function fullPath(tree: Tree, key: string, { method, backbone }: OptionNames): string[] {
  if (Object.hasOwn(tree, key)) return [key];
  if (method.includes(key)) return ['method', 'options', key];
  if (backbone.includes(key)) return ['backbone', 'options', key];
  return key.split('.');
}

const fixed = new Set(['title', 'description']);

interface Setting {
  key: string;
  options: OptionNames;
  /** groups that were off in the recipe: their schema knows their keys */
  opened: Set<unknown>;
}

function set(tree: Tree, path: string[], value: unknown, { key, options, opened }: Setting): void {
  let at = tree;
  for (const [depth, part] of path.entries()) {
    const known = knownNames(at, path.slice(0, depth), options);
    if (!known.includes(part) && !opened.has(at)) throw unknownKey(path.slice(0, depth), known, key, options);
    if (depth === path.length - 1) {
      at[part] = isTree(at[part]) && isTree(value) ? { ...at[part], ...value } : value;
      return;
    }
    if (at[part] === null) opened.add((at[part] = {}));
    const next = at[part];
    if (!isNode(next))
      throw new UsageError(`${key}: ${path.slice(0, depth + 1).join('.')} is a value, not a group`, { field: key });
    at = next;
  }
}

/** Options are known by the method and the backbone; of everything else the recipe has every key. */
function knownNames(at: Tree, [group, second]: string[], options: OptionNames): string[] {
  if (second === 'options' && (group === 'method' || group === 'backbone'))
    return [...options[group], ...Object.keys(at).filter((name) => !options[group].includes(name))];
  return Object.keys(at).filter((name) => group !== undefined || !fixed.has(name));
}

/** Numbers that follow from others: as settings they could contradict them. */
const derived: Record<string, string> = {
  featureSize: 'the backbone',
  grid: 'image.size and patchSize',
  keptPatches: 'maskRatio, image.size and patchSize',
  numPatches: 'image.size and patchSize',
  patches: 'image.size and patchSize',
  steps: 'epochs, batch and the dataset, or a budget of images or minutes',
  stepsPerEpoch: 'batch and the dataset',
  totalSteps: 'epochs, batch and the dataset, or a budget of images or minutes',
  trainSamples: 'the dataset, which ingest makes smaller with --fraction or --classes',
  warmupSteps: 'schedule.warmupEpochs, batch and the dataset',
};

function unknownKey(parents: string[], known: string[], key: string, { method, backbone }: OptionNames): UsageError {
  const name = key.split('.').at(-1) as string;
  const from = Object.hasOwn(derived, name) ? derived[name] : undefined;
  if (from !== undefined)
    return new UsageError(`${key}: is no setting, it follows from ${from}`, { field: key, remedy: `change ${from}` });
  const shorthands = parents.length === 0 ? [...method, ...backbone] : [];
  return unknownName('key', key, [...known.map((name) => [...parents, name].join('.')), ...shorthands], key);
}
