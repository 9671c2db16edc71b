import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { LoadWatch, parseMachineTicks, parseProcessTicks } from './machine-load.ts';

test('the machine is busy in all that is neither idle nor waiting for a disk; guests are not counted twice', () => {
  const stat = 'cpu  100 20 30 400 50 1 2 3 90 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  expect(parseMachineTicks(stat)).toEqual({ all: 606, busy: 156 });
});

test('a process counts without its children, whatever is in its name', () => {
  expect(parseProcessTicks('12 (a b) c) S 1 12 12 0 -1 4194304 1 2 3 4 10 20 300 4000 20 0 1 0')).toBe(30);
});

test('what our own children compute is not counted as the work of others, also when they have ended', async () => {
  const machine = () => parseMachineTicks(readFileSync('/proc/stat', 'utf8'));
  const [watch, from] = [new LoadWatch(), machine()];
  const script = 'const end = Date.now() + 4000; while (Date.now() < end);';
  await once(spawn(process.execPath, ['-e', script], { stdio: 'ignore' }), 'exit');
  const others = watch.end();
  const to = machine();
  // the child was busy whenever it got a processor: without it, less is left than all that was busy
  expect(others).toBeLessThan((to.busy - from.busy) / (to.all - from.all));
  expect(others).toBeGreaterThanOrEqual(0);
});
