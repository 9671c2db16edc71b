import { randomUUID } from 'node:crypto';
import { type BigIntStats } from 'node:fs';
import { link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errorCode, isTransientCode, remedyFor, StorageError } from './storage-error.ts';

/** Not a component that a key can have, so no object lies here. */
export const temporaryFolder = '@temporary';
const leftoverAgeMs = 3_600_000;
/** A folder may be pruned again before the link; that it happens so often means that the store itself was removed. */
const linkTries = 20;

/**
 * Gives `path` the bytes unless the name is taken. They reach the disk under a temporary name first, and the name reaches it
 * last, so that a power cut leaves the whole file or none and `kill -9` leaves at most a temporary file.
 * @returns what identifies the file, or undefined when the name was taken
 */
export async function linkNew(root: string, path: string, bytes: Uint8Array): Promise<BigIntStats | undefined> {
  const temporary = await writeTemporary(root, bytes);
  try {
    return (await linkInto(temporary.path, path)) ? temporary.stats : undefined;
  } finally {
    await unlink(temporary.path).catch(ignoreAbsent);
  }
}

/** Removes what killed processes left in the temporary folder over an hour ago. */
export async function sweepTemporary(root: string): Promise<void> {
  const folder = join(root, temporaryFolder);
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const age = Date.now() - (await stat(file).catch(() => ({ mtimeMs: Infinity }))).mtimeMs;
    if (age > leftoverAgeMs) await unlink(file).catch(ignoreAbsent);
  }
}

export function ignoreAbsent(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

async function writeTemporary(root: string, bytes: Uint8Array): Promise<{ path: string; stats: BigIntStats }> {
  const folder = join(root, temporaryFolder);
  const path = join(folder, `${process.pid}-${randomUUID()}`);
  const file = await open(path, 'wx').catch(async (error: unknown) => {
    ignoreAbsent(error);
    await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      const transient = isTransientCode(cause.code);
      throw new StorageError(`storage: ${cause.message}`, { transient, cause, ...remedyFor(cause.code) });
    });
    return open(path, 'wx');
  });
  try {
    await file.writeFile(bytes);
    await file.sync();
    return { path, stats: await file.stat({ bigint: true }) };
  } catch (error) {
    await unlink(path).catch(ignoreAbsent);
    throw error;
  } finally {
    await file.close();
  }
}

async function linkInto(temporary: string, path: string): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      await link(temporary, path);
      break;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      if (tries === linkTries) throw error;
      // The folder is not there yet, or a delete has just pruned it as empty.
      ignoreAbsent(error);
      await makeFolder(dirname(path)).catch(ignoreAbsent);
    }
  }
  await syncFolder(dirname(path)).catch(ignoreAbsent);
  return true;
}

/** Creates a folder and makes every new name on the way to it durable. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let parent = dirname(folder); parent.length >= dirname(first).length; parent = dirname(parent)) {
    await syncFolder(parent).catch(ignoreAbsent);
    if (parent === dirname(parent)) return;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
