import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = 'download-';
/** A download that wrote nothing for so long belongs to a process that is gone. */
const abandonedMs = 10 * 60 * 1000;

/**
 * Lets `use` work in a new folder below `folder` that no other download shares, however many ask for the same dataset at
 * once, and removes it at the end, however that came.
 */
export async function inOwnFolder<T>(folder: string, use: (own: string) => Promise<T>): Promise<T> {
  const own = join(folder, `${prefix}${randomUUID()}`);
  await mkdir(own, { recursive: true });
  try {
    return await use(own);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

const partialName = (name: string) => `${name}.partial`;

/**
 * Makes what an earlier download got of a file, one that failed or whose process was killed, the begin of this one: moved to
 * `file`, so that of several that want it one has it.
 */
export async function takeOver(folder: string, name: string, file: string): Promise<boolean> {
  if (await moved(join(folder, partialName(name)), file)) return true;
  for (const entry of await readdir(folder)) {
    const left = join(folder, entry, name);
    if (!entry.startsWith(prefix) || left === file || !(await isAbandoned(left))) continue;
    const taken = await moved(left, file);
    await rm(join(folder, entry), { recursive: true, force: true });
    if (taken) return true;
  }
  return false;
}

/** Leaves what was got of a file for the next try. */
export async function keepPartial(folder: string, name: string, file: string): Promise<void> {
  await moved(file, join(folder, partialName(name)));
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > abandonedMs;
}
