import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ControlClient } from '#lib/client';
import { type Stack, UnlabelError } from '#lib/contracts';

import { buildDashboard } from './build-dashboard.ts';
import { home, root, type StackPaths, stackPaths } from './paths.ts';
import { signal } from './orphans.ts';
import { isLocked, lockHolder, readStack } from './stack-file.ts';

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
  return new ControlClient(stack.control, token);
}

/** The control that `joinControl` would find, if it is there already: nothing is started. */
export async function presentControl(): Promise<ControlClient | undefined> {
  if (process.env['UNLABEL_CONTROL'] || process.env['NATS_URL']) return joinControl(() => undefined);
  const stack = await runningStack(stackPaths(home()));
  return stack && new ControlClient(stack.control, process.env['UNLABEL_TOKEN']);
}

/** The stack of the folder, started if there is none. One that is just ending is waited for, then started anew. */
export async function joinStack(onStart: (text: string) => void): Promise<{ stack: Stack; started: boolean }> {
  const paths = stackPaths(home());
  const running = await runningStack(paths);
  if (running) return { stack: running, started: false };
  await buildDashboard(onStart);
  onStart('starting the local stack');
  const deadline = performance.now() + startDeadlineMs;
  let supervisor: ChildProcess | undefined;
  for (;;) {
    const stack = await runningStack(paths);
    if (stack) return { stack, started: stack.supervisorPid === supervisor?.pid };
    if (supervisor?.exitCode || performance.now() > deadline) throw await startFailure(paths);
    // One that found the lock taken has ended with 0: it is tried again once the lock is free.
    if (!isAlive(supervisor) && !(await isLocked(paths))) supervisor = startSupervisor(paths);
    await sleep(50);
  }
}

const isAlive = (child: ChildProcess | undefined) => child?.exitCode === null && child.signalCode === null;

function startSupervisor(paths: StackPaths): ChildProcess {
  mkdirSync(paths.logs, { recursive: true });
  const log = openSync(join(paths.logs, 'supervisor.log'), 'a');
  const child = spawn(process.execPath, [join(root, 'apps/cli/src/stack/supervisor.ts')], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: root,
  });
  closeSync(log);
  child.unref();
  return child;
}

/** The stack that lives in a folder: its file names the supervisor that holds the lock, and a control that answered. */
export async function runningStack(paths: StackPaths): Promise<Stack | undefined> {
  const holder = await lockHolder(paths);
  const stack = holder === undefined ? undefined : await readStack(paths);
  return stack?.supervisorPid === holder && stack?.control !== '' ? stack : undefined;
}

/** Ends the folder's stack, also one that is still starting. @returns whether there was one */
export async function endStack(): Promise<boolean> {
  const paths = stackPaths(home());
  const holder = await lockHolder(paths);
  if (holder === undefined) return false;
  signal(holder, 'SIGTERM');
  const deadline = performance.now() + stopDeadlineMs;
  while ((await lockHolder(paths)) === holder) {
    if (performance.now() > deadline)
      throw new UnlabelError(`the stack's supervisor (pid ${holder}) does not end`, { remedy: `see ${paths.logs}` });
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
