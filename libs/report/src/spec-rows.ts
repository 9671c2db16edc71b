import type { RunSpec } from '#lib/contracts';

/** A value of a spec under its dotted key. */
export type SpecRow = readonly [key: string, value: string];

/** What is no setting: what kind of file a spec is, and where its data lies. */
const leftOut = /^(format|version|dataset\.(name|contentHash))$/;

/** A spec as dotted keys with their values, in the order of the spec. A list, also one of records, is one value. */
export function specRows(spec: RunSpec): SpecRow[] {
  return flat('', spec).filter(([key]) => !leftOut.test(key));
}

function flat(prefix: string, value: unknown): SpecRow[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[prefix, JSON.stringify(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[prefix, '{}']];
  return entries.flatMap(([key, inner]) => flat(prefix === '' ? key : `${prefix}.${key}`, inner));
}

export interface SpecDifference {
  key: string;
  /** one a spec, in their order; null where the spec has no such key */
  values: (string | null)[];
}

/** Keys in which specs are not all equal. */
export function specDifferences(specs: readonly RunSpec[]): SpecDifference[] {
  const tables = specs.map((spec) => new Map(specRows(spec)));
  const all = [...new Set(tables.flatMap((table) => [...table.keys()]))];
  return all
    .map((key) => ({ key, values: tables.map((table) => table.get(key) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}
