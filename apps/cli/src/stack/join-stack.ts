import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ControlClient } from '#lib/client';
import { type Stack, UnlabelError } from '#lib/contracts';

import { buildDashboard } from './build-dashboard.ts';
import { home, root, type StackPaths, stackPaths } from './paths.ts';
import { isLocked, readStack } from './stack-file.ts';

const startDeadlineMs = 90_000;
const stopDeadlineMs = 60_000;
const defaultControl = 'http://127.0.0.1:4280';

/**
 * The control to talk to: `UNLABEL_CONTROL`; the default address when `NATS_URL` says that the services are started by
 * others; else the local stack's, which is started if it is not there.
 */
export async function joinControl(onStart: (text: string) => void): Promise<ControlClient> {
  const { UNLABEL_CONTROL: control, UNLABEL_TOKEN: token, NATS_URL: nats } = process.env;
  if (control) return new ControlClient(control, token);
  if (nats) return new ControlClient(defaultControl, token);
  const { stack } = await joinStack(onStart);
  return new ControlClient(stack.control);
}

/** The stack of the folder, started if there is none. */
export async function joinStack(onStart: (text: string) => void): Promise<{ stack: Stack; started: boolean }> {
  const paths = stackPaths(home());
  const running = await runningStack(paths);
  if (running) return { stack: running, started: false };
  await buildDashboard(onStart);
  onStart('starting the local stack');
  mkdirSync(paths.logs, { recursive: true });
  const log = openSync(join(paths.logs, 'supervisor.log'), 'a');
  const child = spawn(process.execPath, [join(root, 'apps/cli/src/stack/supervisor.ts')], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: root,
  });
  closeSync(log);
  let exited = false;
  child.once('exit', () => (exited = true));
  child.unref();
  const deadline = performance.now() + startDeadlineMs;
  for (;;) {
    const stack = await runningStack(paths);
    if (stack) return { stack, started: true };
    if ((exited && !(await isLocked(paths))) || performance.now() > deadline) throw await startFailure(paths);
    await sleep(50);
  }
}

/** The stack that lives in a folder: its file is there and its supervisor holds the lock. */
export async function runningStack(paths: StackPaths): Promise<Stack | undefined> {
  return (await isLocked(paths)) ? readStack(paths) : undefined;
}

/** Ends the folder's stack. @returns whether there was one */
export async function endStack(): Promise<boolean> {
  const paths = stackPaths(home());
  const stack = await runningStack(paths);
  if (!stack) return false;
  process.kill(stack.supervisorPid, 'SIGTERM');
  const deadline = performance.now() + stopDeadlineMs;
  while (await isLocked(paths)) {
    if (performance.now() > deadline)
      throw new UnlabelError(`the stack's supervisor (pid ${stack.supervisorPid}) does not end`, {
        remedy: `see ${paths.logs}`,
      });
    await sleep(50);
  }
  return true;
}

async function startFailure(paths: StackPaths): Promise<UnlabelError> {
  const log = await readFile(join(paths.logs, 'supervisor.log'), 'utf8').catch(() => '');
  const line = log.split('\n').findLast((text) => text.startsWith('supervisor: '));
  return new UnlabelError(`the local stack did not start${line ? `: ${line.slice('supervisor: '.length)}` : ''}`, {
    remedy: `its logs are in ${paths.logs}`,
  });
}
