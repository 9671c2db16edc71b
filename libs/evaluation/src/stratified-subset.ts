import { sha256Text, UsageError } from '#lib/contracts';

export interface SubsetOptions {
  /** Part of each class, 0 … 1: ⌊n · fraction⌋ of its n rows. */
  fraction: number;
  /** At least so many of each class that has more than `spare`. */
  least: number;
  /** So many rows of each class are never taken. */
  spare: number;
  /** Subsets of different salts are independent. */
  salt: string;
}

/**
 * Rows of a part of each class: those whose sample ids come first by `sha256(salt + id)`, ties by id. It depends on the ids alone,
 * so that every encoder is measured on the same images, and a smaller part lies within a larger one.
 *
 * @param ids of the rows
 * @param labels of the rows
 * @returns row numbers, rising
 * @throws UsageError where ids and labels differ in number or the fraction is outside 0 … 1
 */
export function stratifiedSubset(ids: readonly string[], labels: Int32Array, options: SubsetOptions): Int32Array {
  const { fraction, least, spare, salt } = options;
  if (ids.length !== labels.length)
    throw new UsageError(`stratified subset: ${ids.length} ids for ${labels.length} labels`);
  if (!(fraction >= 0 && fraction <= 1))
    throw new UsageError(`stratified subset: the part is ${fraction}, allowed are 0 … 1`);
  const rowsOf = new Map<number, number[]>();
  for (const [row, label] of labels.entries()) {
    const rows = rowsOf.get(label);
    if (rows) rows.push(row);
    else rowsOf.set(label, [row]);
  }
  const chosen: number[] = [];
  for (const rows of rowsOf.values()) {
    // n · fraction of decimal fractions falls just below whole numbers; those are meant to be whole.
    const wanted = Math.max(least, Math.floor(rows.length * fraction * (1 + 4 * Number.EPSILON)));
    const count = Math.max(0, Math.min(wanted, rows.length - spare));
    chosen.push(...firstByHash(rows, ids, salt).slice(0, count));
  }
  return Int32Array.from(chosen).sort();
}

function firstByHash(rows: number[], ids: readonly string[], salt: string): number[] {
  const hashes = new Map(rows.map((row) => [row, sha256Text(salt + ids[row]!)]));
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return rows.toSorted((a, b) => compare(hashes.get(a)!, hashes.get(b)!) || compare(ids[a]!, ids[b]!));
}

/** The other rows of `count`, rising. @param rows rising */
export function otherRows(rows: Int32Array, count: number): Int32Array {
  const taken = new Set(rows);
  return Int32Array.from({ length: count }, (_, row) => row).filter((row) => !taken.has(row));
}
