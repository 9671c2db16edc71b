const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Every value of a tree by its dotted key; lists of plain values and empty groups stay whole. */
export function flattenSettings(tree: unknown, path = ''): Map<string, unknown> {
  const isLeaf =
    !isGroup(tree) ||
    Object.keys(tree).length === 0 ||
    (Array.isArray(tree) && tree.every((each: unknown) => !isGroup(each)));
  if (isLeaf) return new Map([[path, tree]]);
  return new Map(
    Object.entries(tree).flatMap(([key, value]) => [...flattenSettings(value, path === '' ? key : `${path}.${key}`)]),
  );
}

/** A setting's value as a person would write it. */
export function settingText(value: unknown): string {
  if (value === undefined) return '–';
  if (value === null) return 'none';
  return typeof value === 'string' ? value : (JSON.stringify(value)?.replaceAll(',', ', ') ?? '–');
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Settings in which trees differ, each with its value in every one of them; undefined: it has no such setting. */
export function settingsThatDiffer(trees: readonly unknown[]): { key: string; values: unknown[] }[] {
  const flat = trees.map((tree) => flattenSettings(tree));
  const keys = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return keys
    .map((key) => ({ key, values: flat.map((each) => each.get(key)) }))
    .filter(({ values }) => values.some((value) => !same(value, values[0])));
}
