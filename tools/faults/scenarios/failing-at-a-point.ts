import type { PassedPoint } from '../points.ts';
import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** An operation throws what nobody foresaw, in the midst of those of its kind: in a process that trains or measures, which could end a run. */
export function failingAtPoints(points: readonly PassedPoint[], storage: StorageKind): Scenario[] {
  return points
    .filter(({ process }) => process === 'trainer' || process === 'measure')
    .map(({ process, point, times }) => ({
      name: `${process} fails: ${point}`,
      options: {
        storage,
        faults: [{ process, point, nth: Math.ceil(times / 2), times: 1, action: 'fail' as const }],
      },
    }));
}
