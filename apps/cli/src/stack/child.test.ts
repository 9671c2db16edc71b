import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { temporaryFolder } from '#lib/testing';

import { Child } from './child.ts';

const child = (logs: string, name: string, command: string, script: string) =>
  new Child({ name, command, args: ['-e', script], env: {}, logs, ipc: false, onChange: () => undefined });

test('is started again when it ends, logs into one file, and stays ended once stopped', async () => {
  await using folder = await temporaryFolder('child');
  const log = () => readFile(join(folder.path, 'again.log'), 'utf8').catch(() => '');
  const again = child(folder.path, 'again', process.execPath, 'console.log("up")');
  again.start();
  await expect.poll(log, { timeout: 10_000 }).toBe('up\nup\n');
  await again.stop(1000);
  const lines = await log();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(await log()).toBe(lines);
  expect(again.pid).toBeUndefined();
});

test('a command that does not exist is tried again, without ending its supervisor', async () => {
  await using folder = await temporaryFolder('child');
  let changes = 0;
  const missing = new Child({
    name: 'missing',
    command: '/no/such/program',
    args: [],
    env: {},
    logs: folder.path,
    ipc: false,
    onChange: () => changes++,
  });
  missing.start();
  await expect.poll(() => changes).toBeGreaterThanOrEqual(3);
  await missing.stop(1000);
});

test('one that ignores SIGTERM is killed after the grace', async () => {
  await using folder = await temporaryFolder('child');
  const script = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")';
  const deaf = child(folder.path, 'deaf', process.execPath, script);
  deaf.start();
  await expect.poll(() => readFile(join(folder.path, 'deaf.log'), 'utf8')).toBe('up\n');
  await deaf.stop(100);
  expect(deaf.pid).toBeUndefined();
});
