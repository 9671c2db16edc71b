import type { PassedPoint } from '../points.ts';
import { type Scenario, stoppedMs } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** SIGSTOP at a point, past the ack wait, then SIGCONT: two owners of one job, of which the first must say nothing more. */
export const stoppedAtPoints = (points: readonly PassedPoint[], storage: StorageKind): Scenario[] =>
  points.map(({ process, point, times }) => ({
    name: `${process} stopped for ${stoppedMs / 1000} s: ${point}`,
    options: {
      storage,
      more: ['augment', 'pretrain'],
      faults: [{ process, point, nth: Math.ceil(times / 2), times: 1, action: 'stop' as const }],
    },
  }));
