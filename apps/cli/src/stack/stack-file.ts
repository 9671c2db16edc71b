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

/** Written in full or not at all; calls must not overlap. */
export async function writeStack(paths: StackPaths, stack: Stack): Promise<void> {
  await mkdir(dirname(paths.stack), { recursive: true });
  const temporary = `${paths.stack}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(stack, null, 2)}\n`);
  await rename(temporary, paths.stack);
}

export const removeStack = (paths: StackPaths): Promise<void> => rm(paths.stack, { force: true });

/** Takes the folder's lock and tells whoever asks this process's pid; or returns undefined when a living supervisor holds it. */
export async function takeLock(paths: StackPaths): Promise<Server | undefined> {
  const server = createServer((socket) => socket.on('error', () => undefined).end(String(process.pid)));
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

/** The pid of the supervisor that holds the folder's lock, or undefined if none lives. */
export function lockHolder(paths: StackPaths): Promise<number | undefined> {
  return new Promise((resolve) => {
    let pid = '';
    const socket = connect(paths.lock);
    socket.on('data', (bytes) => (pid += bytes.toString()));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(Number(pid) || undefined));
  });
}

/** Whether a supervisor lives. */
export const isLocked = async (paths: StackPaths): Promise<boolean> => (await lockHolder(paths)) !== undefined;
