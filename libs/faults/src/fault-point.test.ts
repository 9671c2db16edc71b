import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Fault } from './index.ts';

const fixture = fileURLToPath(new URL('fault-point.fixture.ts', import.meta.url));
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'unlabel-faults-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  said: string;
}

/** A process that passes two points three times each and prints each that it has passed. */
function play(faults: Partial<Fault>[], env: NodeJS.ProcessEnv = {}) {
  const armed = faults.map((fault) => ({ process: 'other', action: 'kill', ...fault }));
  const child = spawn(process.execPath, [fixture], {
    env: { ...process.env, UNLABEL_FAULTS: JSON.stringify(armed), ...env },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal, said })));
  return { child, ended, said: () => said };
}

test('a process is killed at the point, at the time that is asked for, and does nothing more', async () => {
  expect(await play([{ point: 'after', nth: 2 }]).ended).toEqual({
    code: null,
    signal: 'SIGKILL',
    said: 'before after before ',
  });
});

test('a point fails with an error that names it, and is passed the next time', async () => {
  expect(await play([{ point: 'before', action: 'fail' }]).ended).toMatchObject({
    code: 0,
    said: '[a test lets "before" fail] after before after before after ',
  });
});

test('a fault that happens several times does so in one process, and then is over', async () => {
  const once = join(folder, 'once');
  const { said } = await play([{ point: 'before', action: 'full-disk', times: 2, once }]).ended;
  const full = '[a test lets the disk be full]';
  expect(said).toBe(`${full} after ${full} after before after `);
  expect((await play([{ point: 'before', action: 'full-disk', times: 2, once }]).ended).said).not.toContain(full);
});

test('a process that is stopped goes on where it was when it is continued', async () => {
  const { child, ended, said } = play([{ point: 'after', action: 'stop' }]);
  await expect.poll(() => /\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')), { timeout: 5000 }).toBe(true);
  await sleep(100);
  expect(said()).toBe('before ');
  child.kill('SIGCONT');
  expect(await ended).toMatchObject({ code: 0, said: 'before after before after before after ' });
});

test('faults of other processes and points change nothing, and a trace tells every point that was passed', async () => {
  const trace = join(folder, 'trace');
  const { child, ended } = play([{ process: 'augment', point: 'after' }, { point: 'nowhere' }], {
    UNLABEL_FAULTS_TRACE: trace,
  });
  expect((await ended).code).toBe(0);
  const lines = readFileSync(trace, 'utf8').trim().split('\n');
  expect(lines).toEqual(
    ['before', 'after', 'before', 'after', 'before', 'after'].map((point) => `other ${child.pid}: ${point}`),
  );
});

test('of several processes that a fault is armed for once, one is hit', async () => {
  const once = join(folder, 'once');
  const ends = await Promise.all([1, 2, 3].map(() => play([{ point: 'after', once }]).ended));
  expect(ends.filter(({ signal }) => signal === 'SIGKILL')).toHaveLength(1);
  expect(ends.filter(({ code }) => code === 0)).toHaveLength(2);
});
