import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ControlClient } from '#lib/client';
import type { Stack } from '#lib/contracts';
import { temporaryFolder, type TemporaryFolder } from '#lib/testing';

import { stackPaths } from './paths.ts';
import { lockHolder, readStack } from './stack-file.ts';

let folder: TemporaryFolder;
beforeAll(async () => void (folder = await temporaryFolder('home')));
afterAll(async () => {
  for (const pid of (await processes()).keys()) process.kill(pid, 'SIGKILL'); // none, unless a test failed
  await folder[Symbol.asyncDispose]();
});

const unlabel = (...words: string[]) => unlabelIn(folder.path, ...words);

function unlabelIn(home: string, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const { UNLABEL_CONTROL: _, NATS_URL: __, ...rest } = process.env;
  const env = { ...rest, UNLABEL_HOME: home };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, '../main.ts'), ...words], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** Every living process of this test's stack: pid → what it runs. */
async function processes(): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const [environment, command] = await Promise.all(
      ['environ', 'cmdline'].map((file) => readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '')),
    );
    if (environment?.split('\0').includes(`UNLABEL_HOME=${folder.path}`))
      found.set(Number(entry), /apps\/\w+\/src\/(stack\/)?\w+|nats-server/.exec(command ?? '')?.[0] ?? String(command));
  }
  return found;
}

async function stack(): Promise<Stack> {
  const found = await readStack(stackPaths(folder.path));
  if (!found) throw new Error('there is no stack.json');
  return found;
}
const names = ({ children }: Stack) => children.map(({ name }) => name).sort();
const services = ['apps/augment/src/main', 'apps/control/src/main', 'apps/ingest/src/main', 'apps/pretrain/src/main'];
const expected = [...services, 'apps/probe/src/main', 'apps/cli/src/stack/supervisor', 'nats-server'].sort();
/** What runs, each once but augment, of which a large machine has more. */
const running = async () => {
  const all = [...(await processes()).values()];
  return [
    ...all.filter((name) => !name.includes('augment')),
    ...new Set(all.filter((n) => n.includes('augment'))),
  ].sort();
};

test('one stack a folder: started by a command, joined by others, taken over after kill -9, ended by down', async () => {
  const another = join(folder.path, 'another');
  const started = await Promise.all([
    unlabel('--json', 'runs'),
    unlabel('--json', 'datasets'),
    unlabelIn(another, '--json', 'runs'),
  ]);
  expect(started.map(({ code, out }) => [code, out.trim()])).toEqual(Array(3).fill([0, '[]']));
  const controls = await Promise.all(
    [folder.path, another].map(async (home) => {
      const { control, storage } = (await readStack(stackPaths(home))) as Stack;
      expect(await new ControlClient(control).health()).toMatchObject({ storage });
      return control;
    }),
  );
  expect(new Set(controls).size).toBe(2); // though they started at the same moment
  await unlabelIn(another, 'down');

  expect(await running()).toEqual(expected);
  const first = await stack();
  expect(await lockHolder(stackPaths(folder.path))).toBe(first.supervisorPid);

  const joined = await unlabel('--json', 'runs');
  expect(joined).toMatchObject({ code: 0, err: '' });
  expect(await stack()).toEqual(first);

  // two services at once: both come back, and the supervisor lives
  const killed = first.children.filter(({ name }) => name === 'ingest' || name === 'probe');
  for (const { pid } of killed) process.kill(pid, 'SIGKILL');
  const isMended = async () => {
    const now = await stack();
    return (
      names(now).length === names(first).length && killed.every(({ pid }) => now.children.every((c) => c.pid !== pid))
    );
  };
  await expect.poll(isMended, { timeout: 20_000 }).toBe(true);
  expect((await stack()).supervisorPid).toBe(first.supervisorPid);

  process.kill(first.supervisorPid, 'SIGKILL');
  const after = await unlabel('--json', 'runs');
  expect(after).toMatchObject({ code: 0, out: '[]\n' });
  const second = await stack();
  expect(second.nonce).not.toBe(first.nonce);
  expect(names(second)).toEqual(names(first));
  expect(await running()).toEqual(expected);

  expect((await unlabel('down')).out).toBe('the stack has ended\n');
  expect([...(await processes()).values()]).toEqual([]);
  expect(await readStack(stackPaths(folder.path))).toBeUndefined();
  expect((await unlabel('down')).out).toBe('no stack is running here\n');
});
