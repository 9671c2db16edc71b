import { setTimeout as sleep } from 'node:timers/promises';

import { type Bus, connectBus, publishJob, silentLog } from '#lib/bus';
import { stages, subjects } from '#lib/contracts';
import type { Draws } from '#lib/sampling';

import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

const together = 5;
const times = 2;

/**
 * Every job is sent again, twice, later, and in another order, each time with a message id of its own: as after a deduplication window
 * that was lost, a publisher that is not sure, and deliveries that overtake each other.
 */
export function messagesRepeated(draws: Draws, storage: StorageKind): Scenario {
  let queued = 0;
  return {
    name: 'every job sent three times, late and in another order',
    options: { storage },
    async disturb(stack, signal) {
      const bus = await connectBus({ url: stack.nats.url, name: 'repeater', log: silentLog });
      try {
        for await (const jobs of overheard(bus, signal))
          for (let round = 0; round < times; round++) {
            await sleep(draws.uniform(50, 800));
            for (const { subject, message } of draws.shuffle([...jobs]))
              if ((await publishJob(bus, subject, message)) === 'queued') queued++;
          }
      } finally {
        await bus.close();
      }
    },
    hasHappened: () => queued > 0,
  };
}

interface Overheard {
  subject: string;
  message: unknown;
}

/** Jobs as they are first published, some at a time, until the signal. */
async function* overheard(bus: Bus, signal: AbortSignal): AsyncGenerator<Overheard[]> {
  const seen = new Set<string>();
  let waiting: Overheard[] = [];
  for (const stage of stages)
    bus.connection.subscribe(subjects.all(stage), {
      callback: (_, { subject, data }) => {
        if (seen.has(subject)) return;
        seen.add(subject);
        waiting.push({ subject, message: JSON.parse(new TextDecoder().decode(data)) as unknown });
      },
    });
  while (!signal.aborted) {
    await sleep(100);
    if (waiting.length === 0) continue;
    yield waiting.slice(0, together);
    waiting = waiting.slice(together);
  }
}
