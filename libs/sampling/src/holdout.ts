import { sha256Text, UsageError } from '#lib/contracts';

/** The ⌊n · fraction⌋ ids that come first by `sha256(salt + id)`, ties by id. */
function firstByHash(ids: readonly string[], fraction: number, salt: string): Set<string> {
  if (!(fraction >= 0 && fraction <= 1))
    throw new UsageError(`fraction: ${fraction} is outside 0 to 1`, { remedy: 'give a part such as 0.1' });
  // n · fraction of decimal fractions falls just below whole numbers (100 · 0.29 = 28.999…); those are meant to be whole.
  const count = Math.floor(ids.length * fraction * (1 + 4 * Number.EPSILON));
  const ranked = ids.map((id) => ({ id, hash: sha256Text(salt + id) }));
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  ranked.sort((a, b) => compare(a.hash, b.hash) || compare(a.id, b.id));
  return new Set(ranked.slice(0, count).map(({ id }) => id));
}

/**
 * Sample ids held out of a class: the ⌊n · fraction⌋ with the smallest sha256 of the id. Whether an id is among them hardly
 * depends on the others, so adding images moves few samples between splits.
 * @param ids of one class; ids occur once
 */
export function holdout(ids: readonly string[], fraction: number): Set<string> {
  return firstByHash(ids, fraction, '');
}

/** The ⌊n · fraction⌋ ids of a subset, chosen independently of `holdout`; a smaller fraction's ids are among a larger's. */
export function fractionOf(ids: readonly string[], fraction: number): Set<string> {
  return firstByHash(ids, fraction, 'subset\n');
}
