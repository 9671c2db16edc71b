import { distance } from 'fastest-levenshtein';

import { UsageError } from './errors.ts';

/** The known name most like the given one, or undefined if there is none. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  return known.toSorted((a, b) => distance(a, name) - distance(b, name))[0];
}

/** The error for a name that isn't known: what arrived, the nearest match, all that is known. */
export function unknownName(what: string, name: string, known: readonly string[], field?: string): UsageError {
  const nearest = nearestName(name, known);
  return new UsageError(`unknown ${what} "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`, {
    remedy: known.length > 0 ? `known: ${known.join(', ')}` : `there is no ${what} yet`,
    field,
    nearest,
  });
}
