import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const fixture = fileURLToPath(new URL('./lifecycle.fixture.ts', import.meta.url));
const env = { ...process.env, NATS_URL: 'nats://127.0.0.1:1', UNLABEL_STORAGE: 'file:///tmp/none' };

function start(extra: NodeJS.ProcessEnv = {}) {
  const child = fork(fixture, { env: { ...env, ...extra }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const said = async (text: string) => {
    await expect.poll(() => output, { timeout: 10_000 }).toContain(text);
  };
  return { child, said, output: () => output, exit: once(child, 'exit') as Promise<[number | null]> };
}

test('SIGTERM drains, then ends with 0', async () => {
  const service = start();
  await service.said('"running"');
  service.child.kill('SIGTERM');
  expect((await service.exit)[0]).toBe(0);
  expect(service.output()).toMatch(/draining[\s\S]*drained[\s\S]*stopped/);
});

test('a signal that comes before the start is done is obeyed after it', async () => {
  const service = start({ SLOW_START: '1' });
  await service.said('"starting"');
  service.child.kill('SIGTERM');
  expect((await service.exit)[0]).toBe(0);
  expect(service.output()).toContain('drained');
});

test('ends when its supervisor is gone', async () => {
  const service = start();
  await service.said('"running"');
  service.child.disconnect();
  expect((await service.exit)[0]).toBe(0);
  expect(service.output()).toContain('the supervisor is gone');
});

test('a wrong setting is two lines and exit code 1, without a stack trace', async () => {
  const service = start({ NATS_URL: '' });
  expect((await service.exit)[0]).toBe(1);
  expect(service.output()).toContain('fixture: NATS_URL: is not set');
  expect(service.output()).not.toContain('    at ');
});

test('a supervised service without a channel ends when its standard input does', async () => {
  const service = spawn(process.execPath, [fixture], {
    env: { ...env, UNLABEL_SUPERVISED: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  service.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  await expect.poll(() => output, { timeout: 10_000 }).toContain('"running"');
  service.stdin.end();
  expect((await once(service, 'exit'))[0]).toBe(0);
  expect(output).toContain('the supervisor is gone');
});

test('an error that nobody caught is logged once, and ends the process with 1', async () => {
  const service = start({ THROW_LATER: '1' });
  expect((await service.exit)[0]).toBe(1);
  expect(service.output().match(/uncaught error/g)).toHaveLength(1);
  expect(service.output()).toContain('nobody caught this');
  expect(service.output()).not.toContain('drained');
});
