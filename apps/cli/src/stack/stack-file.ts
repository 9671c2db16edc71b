import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';

import { type Stack, stackSchema } from '#lib/contracts';

import type { StackPaths } from './paths.ts';

/** What `stack.json` says, or undefined if there is none. */
export async function readStack(paths: StackPaths): Promise<Stack | undefined> {
  const text = await readFile(paths.stack, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : stackSchema.parse(JSON.parse(text));
}

export async function writeStack(paths: StackPaths, stack: Stack): Promise<void> {
  await mkdir(dirname(paths.stack), { recursive: true });
  const temporary = `${paths.stack}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(stack, null, 2)}\n`);
  await rename(temporary, paths.stack);
}

export const removeStack = (paths: StackPaths): Promise<void> => rm(paths.stack, { force: true });

/** Takes the folder's lock, or returns undefined when a living supervisor holds it. */
export async function takeLock(paths: StackPaths): Promise<Server | undefined> {
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  const listening = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(paths.lock, () => resolve(true));
  });
  if (listening) return server;
  if (process.platform === 'linux' || (await isLocked(paths))) return undefined;
  await rm(paths.lock, { force: true }); // a socket file that nobody listens on is a dead supervisor's
  return takeLock(paths);
}

/** Whether a supervisor lives. */
export function isLocked(paths: StackPaths): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(paths.lock);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
}
