import { setTimeout as sleep } from 'node:timers/promises';

import type { PassedPoint } from '../points.ts';
import type { Scenario } from '../scenario.ts';
import { ackWaitMs, type StorageKind } from '../stack.ts';

/** Longer than a lease lasts, so that another worker has the job when the first one goes on. */
const stoppedMs = 2.5 * ackWaitMs;
const pollMs = 100;

/** SIGSTOP at a point, past the ack wait, then SIGCONT: two owners of one job, of which the first must say nothing more. */
export function stoppedAtPoints(points: readonly PassedPoint[], storage: StorageKind): Scenario[] {
  return points.map(({ process, point, times }) => ({
    name: `${process} stopped for ${stoppedMs / 1000} s: ${point}`,
    options: {
      storage,
      more: ['augment', 'pretrain'],
      faults: [{ process, point, nth: Math.ceil(times / 2), times: 1, action: 'stop' as const }],
    },
    async disturb(stack, signal) {
      while (!stack.hasHappened(0)) {
        if (signal.aborted) return;
        await sleep(pollMs);
      }
      await sleep(stoppedMs);
      stack.continueStopped();
    },
  }));
}
