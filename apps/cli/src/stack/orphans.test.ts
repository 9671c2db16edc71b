import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, expect, test } from 'vitest';

import type { Stack } from '#lib/contracts';

import { endOrphans, signal } from './orphans.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(nonce: string, script = 'setInterval(() => {}, 1000)'): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`], {
    env: { UNLABEL_STACK: nonce },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  return child;
}
const stackOf = (nonce: string, pids: (number | undefined)[]): Stack => ({
  format: 'unlabel.stack',
  version: 1,
  supervisorPid: 1,
  nonce,
  control: '',
  nats: '',
  storage: '',
  startedAt: '2026-01-01T00:00:00.000Z',
  children: pids.map((pid) => ({ name: 'a', pid: pid as number })),
});
const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

test('only processes that carry the dead stack’s nonce are ended', async () => {
  const [orphan, stranger] = await Promise.all([start('dead'), start('dead-but-longer')]);
  await endOrphans(stackOf('dead', [orphan.pid, stranger.pid, process.pid, 2 ** 22 + 1]));
  await expect.poll(() => hasEnded(orphan)).toBe(true);
  expect(orphan.signalCode).toBe('SIGTERM');
  expect(hasEnded(stranger)).toBe(false);
});

test('one that does not end in its grace is killed', async () => {
  const deaf = await start('dead', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
  await endOrphans(stackOf('dead', [deaf.pid]), 200);
  await expect.poll(() => deaf.signalCode).toBe('SIGKILL');
});

test('a process that is gone takes no signal, and that is no error', () => {
  expect(() => signal(2 ** 22 + 1, 'SIGTERM')).not.toThrow();
});
