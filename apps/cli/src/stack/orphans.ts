import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Stack } from '#lib/contracts';

/**
 * Ends processes that a killed supervisor left behind. A pid may have been given to another process since, so one is
 * only killed if its environment carries the dead stack's nonce.
 */
export async function endOrphans(stack: Stack): Promise<void> {
  const orphans: number[] = [];
  for (const { pid } of stack.children) if (await belongsTo(pid, stack.nonce)) orphans.push(pid);
  for (const pid of orphans) signal(pid, 'SIGTERM');
  const deadline = performance.now() + 10_000;
  for (const pid of orphans) {
    while ((await belongsTo(pid, stack.nonce)) && performance.now() < deadline) await sleep(50);
    if (await belongsTo(pid, stack.nonce)) signal(pid, 'SIGKILL');
  }
}

async function belongsTo(pid: number, nonce: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.includes(`UNLABEL_STACK=${nonce}`);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended by itself in between
  }
}
