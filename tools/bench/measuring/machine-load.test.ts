import { spawnSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { LoadWatch, parseMachineTicks, parseProcessTicks } from './machine-load.ts';

test('the machine is busy in all that is neither idle nor waiting for a disk; guests are not counted twice', () => {
  const stat = 'cpu  100 20 30 400 50 1 2 3 90 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  expect(parseMachineTicks(stat)).toEqual({ all: 606, busy: 156 });
});

test('a process counts with its ended children, whatever is in its name', () => {
  expect(parseProcessTicks('12 (a b) c) S 1 12 12 0 -1 4194304 1 2 3 4 10 20 300 4000 20 0 1 0')).toBe(4330);
});

test('what our own children compute is not counted as the work of others', () => {
  const watch = new LoadWatch();
  const before = process.cpuUsage();
  spawnSync(process.execPath, ['-e', 'const end = Date.now() + 1500; while (Date.now() < end);']);
  expect(process.cpuUsage(before).user).toBeLessThan(1e6); // the child's time is not ours here
  const part = watch.othersPart() as number;
  expect(part).toBeGreaterThanOrEqual(0);
  expect(part).toBeLessThanOrEqual(1);
});
