import type { PassedPoint } from '../points.ts';
import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** So many writes in a row find no room: waiting for some seconds. */
const times = 4;

/** A disk that is full when a kind of object is to be written, until someone makes room. */
export function fullDisk(points: readonly PassedPoint[], storage: StorageKind): Scenario[] {
  const writes = points.filter(
    ({ point }) => /^(create|replace) .* before$/.test(point) && !point.includes('storage-probe'),
  );
  return writes.map(({ process, point }) => ({
    name: `the disk is full: ${process}, ${point.replace(' before', '')}`,
    options: { storage, faults: [{ process, point, nth: 1, times, action: 'full-disk' as const }] },
  }));
}
