import { setTimeout as sleep } from 'node:timers/promises';

import type { Draws } from '#lib/sampling';

import type { Scenario } from '../scenario.ts';
import type { FaultStack, StorageKind } from '../stack.ts';
import { type ProxyMode, TcpProxy } from '../tcp-proxy.ts';

const modes: Exclude<ProxyMode, 'pass'>[] = ['reset', 'hole', 'slow'];

/** Connections to a server that are cut, lead nowhere, or are slow, for some times that are drawn. */
export function connectionsHurt(draws: Draws, storage: StorageKind, times = 3): Scenario[] {
  const servers = storage === 's3' ? (['natsProxy', 's3Proxy'] as const) : (['natsProxy'] as const);
  return servers.flatMap((server) =>
    modes.map((mode): Scenario => {
      const moments = Array.from({ length: times }, () => ({
        afterMs: draws.uniform(300, 2500),
        forMs: draws.uniform(200, 4000),
      }));
      let hurt = 0;
      return {
        name: `connections to ${server === 'natsProxy' ? 'nats-server' : 'the S3 server'} ${words[mode]} ${times} times`,
        options: { storage, isProxied: true },
        async disturb(stack: FaultStack, signal: AbortSignal) {
          const proxy = stack[server];
          if (!(proxy instanceof TcpProxy)) throw new Error(`${server} is no proxy of connections`);
          for (const { afterMs, forMs } of moments) {
            await sleep(afterMs);
            if (signal.aborted) return;
            proxy.become(mode);
            hurt++;
            await sleep(forMs);
            proxy.become('pass');
          }
        },
        hasHappened: () => hurt > 0,
      };
    }),
  );
}

const words = { reset: 'cut', hole: 'leading nowhere', slow: 'slow' } as const;
