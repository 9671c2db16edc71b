import type { PassedPoint } from '../points.ts';
import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** `kill -9` at a point, the first time it is passed, and once more in the midst where it is passed often. */
export function killedAtPoints(points: readonly PassedPoint[], storage: StorageKind): Scenario[] {
  return points.flatMap(({ process, point, times }) => {
    const middle = Math.ceil(times / 2);
    return [1, ...(middle > 2 ? [middle] : [])].map((nth) => ({
      name: `${process} killed: ${point}${nth > 1 ? `, time ${nth}` : ''}`,
      options: { storage, faults: [{ process, point, nth, times: 1, action: 'kill' as const }] },
    }));
  });
}
