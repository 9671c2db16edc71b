import { readdir, writeFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import type { Stack } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { runningStack } from './join-stack.ts';
import { stackPaths } from './paths.ts';
import { isLocked, lockHolder, readStack, removeStack, takeLock, writeStack } from './stack-file.ts';

const stack: Stack = {
  format: 'unlabel.stack',
  version: 1,
  supervisorPid: process.pid,
  nonce: 'n',
  control: 'http://127.0.0.1:1',
  nats: 'nats://127.0.0.1:2',
  storage: 'file:///s',
  startedAt: '2026-01-01T00:00:00.000Z',
  children: [],
};

test('a folder’s lock is taken once, tells its holder, and is free when the holder lets go', async () => {
  await using folder = await temporaryFolder('lock');
  await using other = await temporaryFolder('lock');
  const paths = stackPaths(folder.path);
  expect(await isLocked(paths)).toBe(false);
  const takers = await Promise.all(Array.from({ length: 8 }, () => takeLock(paths)));
  const [lock, ...more] = takers.filter((taken) => taken !== undefined);
  expect(more).toEqual([]);
  expect(await lockHolder(paths)).toBe(process.pid);
  expect(await isLocked(stackPaths(other.path))).toBe(false);
  await new Promise((done) => lock?.close(done));
  expect(await isLocked(paths)).toBe(false);
  const again = await takeLock(paths);
  expect(again).toBeDefined();
  await new Promise((done) => again?.close(done));
});

test('stack.json is written whole, read back, and removed', async () => {
  await using folder = await temporaryFolder('stack');
  const paths = stackPaths(folder.path);
  expect(await readStack(paths)).toBeUndefined();
  await writeStack(paths, stack);
  expect(await readStack(paths)).toEqual(stack);
  expect(await readdir(folder.path)).toEqual(['stack.json']);
  await removeStack(paths);
  await removeStack(paths);
  expect(await readStack(paths)).toBeUndefined();
});

test('nobody joins a stack without a lock, of a dead supervisor, or before control answers', async () => {
  await using folder = await temporaryFolder('stack');
  const paths = stackPaths(folder.path);
  await writeStack(paths, stack);
  expect(await runningStack(paths)).toBeUndefined();
  const lock = await takeLock(paths);
  expect(await runningStack(paths)).toEqual(stack);
  await writeStack(paths, { ...stack, supervisorPid: process.pid + 1 });
  expect(await runningStack(paths)).toBeUndefined();
  await writeStack(paths, { ...stack, control: '' });
  expect(await runningStack(paths)).toBeUndefined();
  await writeFile(paths.stack, '{}');
  await expect(runningStack(paths)).rejects.toThrow('format');
  await new Promise((done) => lock?.close(done));
});
