import { setTimeout as sleep } from 'node:timers/promises';

import type { Draws } from '#lib/sampling';

import type { Scenario } from '../scenario.ts';
import type { FaultStack, StorageKind } from '../stack.ts';

/** `kill -9` of a server some times, at times that are drawn, each with its return after a while. */
export function serversKilled(draws: Draws, storage: StorageKind, times = 4): Scenario[] {
  const servers = ['nats', ...(storage === 's3' ? ['s3'] : [])] as ('nats' | 's3')[];
  return servers.map((server) => {
    const moments = Array.from({ length: times }, () => ({
      afterMs: draws.uniform(200, 2500),
      awayMs: draws.uniform(50, 3000),
    }));
    let kills = 0;
    return {
      name: `${server === 'nats' ? 'nats-server' : 'the S3 server'} killed ${times} times`,
      options: { storage },
      async disturb(stack: FaultStack, signal: AbortSignal) {
        for (const { afterMs, awayMs } of moments) {
          await sleep(afterMs);
          if (signal.aborted) return;
          await stack[server]?.kill();
          kills++;
          await sleep(awayMs);
          await stack[server]?.restart();
        }
      },
      hasHappened: () => kills > 0,
    };
  });
}
