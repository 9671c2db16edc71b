import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { withLock } from './lock.mjs';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unlabel-lock-'));
  lock = join(folder, 'locks', 'setup.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('of several, one works at a time, and the others are told once that they wait', async () => {
  let working = 0;
  let most = 0;
  let waits = 0;
  const work = async () => {
    most = Math.max(most, ++working);
    await sleep(250);
    working -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(lock, work, () => (waits += 1))));
  expect([most, waits]).toEqual([1, 2]);
  expect(existsSync(lock)).toBe(false);
});

test('a failure frees the lock and is passed on', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(lock, async () => 7)).toBe(7);
});

test('the lock of a holder that was silent for long is taken over', async () => {
  await withLock(lock, async () => {});
  writeFileSync(lock, '{"pid":1,"space":"another machine"}');
  const past = new Date(Date.now() - 60_000);
  utimesSync(lock, past, past);
  expect(await withLock(lock, async () => 'done')).toBe('done');
});

test('the lock of another machine that was touched just now is waited for', async () => {
  await withLock(lock, async () => {});
  writeFileSync(lock, '{"pid":999999999,"space":"another machine"}');
  let waited = false;
  const done = withLock(
    lock,
    async () => waited,
    () => (waited = true),
  );
  await sleep(300);
  rmSync(lock);
  expect(await done).toBe(true);
});
