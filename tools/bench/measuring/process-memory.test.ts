import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, test } from 'vitest';

import { MemoryWatch, peakBytes, processTitle } from './process-memory.ts';

test('a process of Node is called by its file, any other by its program', () => {
  expect(processTitle('/opt/node\0--import\0x\0/work/apps/augment/src/main.ts\0')).toBe('apps/augment/src/main.ts');
  expect(processTitle('/usr/bin/nats-server\0-js\0')).toBe('nats-server');
  expect(processTitle('')).toBe('unknown');
});

test('the peak stays when the memory is given back, and a process that is gone has none', () => {
  const before = peakBytes(process.pid) as number;
  Buffer.alloc(64e6, 1);
  expect(peakBytes(process.pid)).toBeGreaterThanOrEqual(before);
  expect(before).toBeGreaterThan(10e6);
  expect(peakBytes(2 ** 22 + 1)).toBeUndefined();
});

test('a watch sees children of children, also after they have ended', async () => {
  const inner = `require('node:child_process').spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e3)'], { stdio: ['ignore', 'inherit', 'ignore'] })`;
  const outer = `const c = ${inner}; process.on('SIGTERM', () => { c.kill(); process.exit(0) })`;
  const child = spawn(process.execPath, ['-e', outer], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const watch = new MemoryWatch(child.pid as number, 60_000);
  child.kill('SIGTERM');
  await once(child, 'exit');
  const seen = watch.end();
  expect(seen).toHaveLength(2);
  expect(seen[0]?.bytes).toBeGreaterThanOrEqual(seen[1]?.bytes as number);
});
