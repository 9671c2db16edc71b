import type { DatasetIndex } from '#lib/contracts';

/** A class with how many images of it each split has. */
export interface ClassCount {
  /** its number, as samples have it */
  index: number;
  name: string;
  folder: string;
  train: number;
  tune: number;
  eval: number;
  total: number;
}

/** Classes in the order of the index. */
export function classCounts({ classes, classCounts: counts }: DatasetIndex): ClassCount[] {
  return classes.map(({ name, folder }, index) => {
    const of = { train: counts.train[index] ?? 0, tune: counts.tune[index] ?? 0, eval: counts.eval[index] ?? 0 };
    return { index, name, folder, ...of, total: of.train + of.tune + of.eval };
  });
}

/** Those of which name or folder contain the text, in whichever case. */
export function matching(classes: readonly ClassCount[], text: string): ClassCount[] {
  const wanted = text.trim().toLowerCase();
  return classes.filter(({ name, folder }) => `${name}\n${folder}`.toLowerCase().includes(wanted));
}
