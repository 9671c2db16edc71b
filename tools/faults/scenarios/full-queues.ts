import { setTimeout as sleep } from 'node:timers/promises';

import { connectBus, silentLog } from '#lib/bus';
import { stages, streamNames } from '#lib/contracts';

import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** A plan stays in its queue while its parts are asked for. */
const room = 2;

/** Queues that hold two jobs, so that nearly every publish finds its queue full and waits. */
export function fullQueues(storage: StorageKind): Scenario {
  let limited = 0;
  return {
    name: `queues with room for ${room} jobs`,
    options: { storage },
    async disturb(stack, signal) {
      while (!stack.isRunning() && !signal.aborted) await sleep(50); // services refuse streams of other settings when they start
      const bus = await connectBus({ url: stack.nats.url, name: 'limiter', log: silentLog });
      try {
        for (const stage of stages) {
          await bus.manager.streams.update(streamNames[stage], { max_msgs: room });
          limited++;
        }
      } finally {
        await bus.close();
      }
    },
    hasHappened: () => limited === stages.length,
  };
}
