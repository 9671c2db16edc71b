import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Stack } from '#lib/contracts';

/**
 * Ends processes that a killed supervisor left behind. A pid may have been given to another process since, so one is
 * only killed if its environment carries the dead stack's nonce.
 */
export async function endOrphans(stack: Stack, graceMs = 10_000): Promise<void> {
  const orphans: number[] = [];
  for (const { pid } of stack.children) if (await belongsTo(pid, stack.nonce)) orphans.push(pid);
  for (const pid of orphans) signal(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  for (const pid of orphans) {
    while ((await belongsTo(pid, stack.nonce)) && performance.now() < deadline) await sleep(50);
    if (await belongsTo(pid, stack.nonce)) signal(pid, 'SIGKILL');
  }
}

async function belongsTo(pid: number, nonce: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`UNLABEL_STACK=${nonce}`);
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
