import { setTimeout as sleep } from 'node:timers/promises';

import { keys, runHeadSchema } from '#lib/contracts';
import { getJson } from '#lib/storage';

import { run } from '../play.ts';
import type { Scenario } from '../scenario.ts';
import type { FaultStack, StorageKind } from '../stack.ts';

const lookEveryMs = 50;

/** The owner of a run, or the process that trains it, killed each time that the run has come to another checkpoint. */
export function killedOften(storage: StorageKind, times = 30): Scenario {
  let kills = 0;
  return {
    name: `a run killed ${times} times, each time a checkpoint further`,
    options: { storage, patienceMs: 20_000 * times },
    changes: { epochs: String(times + 2), 'checkpoint.everyEpochs': '1' },
    async disturb(stack, signal) {
      for (let seen = 0; kills < times && !signal.aborted; await sleep(lookEveryMs)) {
        const step = await lastStep(stack);
        if (step <= seen) continue;
        seen = step;
        if (await killOwner(stack, kills)) kills++;
      }
    },
    hasHappened: () => kills >= times - 2, // the last checkpoints may come before the next look
  };
}

const killOwner = async (stack: FaultStack, kills: number): Promise<boolean> =>
  (kills % 2 === 0 ? await stack.kill('pretrain') : stack.killProgram('pretrain/src/trainer/main.ts')) > 0;

async function lastStep({ store }: FaultStack): Promise<number> {
  const head = await getJson(store, keys.runHead(run), runHeadSchema).catch(() => undefined);
  return head?.value.checkpoints.at(-1)?.step ?? 0;
}
