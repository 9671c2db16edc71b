import type { Fault } from '#lib/faults';
import { Draws } from '#lib/sampling';

import type { PassedPoint } from '../points.ts';
import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

import { type Kill, killServers } from './servers-killed.ts';

const most = 4;

/** Several faults at points that are drawn, and servers that are killed at times that are drawn: scenario `number` of a seed. */
export function randomFaults(
  points: readonly PassedPoint[],
  storage: StorageKind,
  seed: number,
  number: number,
): Scenario {
  const draws = new Draws({ seed, purpose: 'random faults', sample: number });
  const faults = Array.from({ length: 1 + draws.int(most) }, (): Fault => {
    const { process, point, times } = points[draws.int(points.length)] as PassedPoint;
    const action = (['kill', 'kill', 'stop', 'fail'] as const)[draws.int(4)] as Fault['action'];
    return { process, point, nth: 1 + draws.int(times), times: 1, action };
  });
  const kills = Array.from({ length: draws.int(3) }, (): Kill => ({
    server: storage === 's3' && draws.float() < 0.5 ? 's3' : 'nats',
    afterMs: draws.uniform(200, 6000),
    awayMs: draws.uniform(50, 3000),
  }));
  const words = [
    ...faults.map(({ process, point, nth, action }) => `${action} ${process} at "${point}" ${nth}`),
    ...kills.map(({ server }) => `kill ${server}`),
  ];
  return {
    name: `random ${number} of seed ${seed}: ${words.join(', ')}`,
    options: { storage, faults },
    async disturb(stack, signal) {
      await killServers(stack, kills, signal);
    },
    // One fault may keep a process from coming to the next.
    hasHappened: () => true,
  };
}
