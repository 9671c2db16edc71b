import { setTimeout as sleep } from 'node:timers/promises';

import type { Draws } from '#lib/sampling';

import type { Scenario } from '../scenario.ts';
import type { FaultStack, StorageKind } from '../stack.ts';

export interface Kill {
  server: 'nats' | 's3';
  /** after the one before */
  afterMs: number;
  awayMs: number;
}

/** Kills servers one after another, each back after a while, until the signal. @returns how many kills there were */
export async function killServers(stack: FaultStack, kills: readonly Kill[], signal: AbortSignal): Promise<number> {
  let done = 0;
  for (const { server, afterMs, awayMs } of kills) {
    await sleep(afterMs);
    if (signal.aborted) break;
    await stack[server]?.kill();
    done++;
    await sleep(awayMs);
    await stack[server]?.restart();
  }
  return done;
}

/** `kill -9` of a server some times, at times that are drawn, each with its return after a while. */
export function serversKilled(draws: Draws, storage: StorageKind, times = 4): Scenario[] {
  const servers = ['nats', ...(storage === 's3' ? ['s3'] : [])] as ('nats' | 's3')[];
  return servers.map((server) => {
    const moments = Array.from({ length: times }, () => ({
      server,
      afterMs: draws.uniform(200, 2500),
      awayMs: draws.uniform(50, 3000),
    }));
    let kills = 0;
    return {
      name: `${server === 'nats' ? 'nats-server' : 'the S3 server'} killed ${times} times`,
      options: { storage },
      async disturb(stack: FaultStack, signal: AbortSignal) {
        kills = await killServers(stack, moments, signal);
      },
      hasHappened: () => kills > 0,
    };
  });
}
