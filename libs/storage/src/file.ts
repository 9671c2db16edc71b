import { open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { UnlabelError, UsageError } from '#lib/contracts';

import { ignoreAbsent, linkNew, sweepTemporary } from './durable-link.ts';
import {
  currentVersion,
  isSurelyNew,
  pruneVersions,
  removeIfEmpty,
  removeVersions,
  versionOf,
  versionPath,
} from './file-versions.ts';
import { checkFolder, checkKey, checkPrefix, isKey } from './keys.ts';
import { type ListedObject, type ObjectStore, type StoredObject } from './object-store.ts';
import { errorCode, isTransientCode, remedyFor, StorageError } from './storage-error.ts';

/**
 * A folder as a store, for one machine: several processes may use it at once. Its file system must have hard links and keep
 * a rename-free `link` exclusive (every local one does, NFS from version 3 on). How objects lie in it: `file-versions.ts`.
 */
export function openFileStore(root: string): ObjectStore {
  const url = pathToFileURL(root).href;
  // What killed processes left is swept once, before the first write: opening for reading touches nothing.
  let swept: Promise<void> | undefined;
  const at = (key: string): string => {
    checkKey(key);
    return join(root, key);
  };
  const guarded = async <T>(key: string, work: (path: string) => Promise<T>, writes = false): Promise<T> => {
    const path = at(key);
    try {
      if (writes) await (swept ??= sweepTemporary(root));
      return await work(path);
    } catch (error) {
      throw storageError(error, `[store=${url}, key=${key}]`);
    }
  };
  return {
    describe: () => url,
    head: (key) =>
      guarded(key, async (path) => {
        const found = await currentVersion(path);
        return found && { sizeBytes: found.sizeBytes, version: found.version };
      }),
    get: (key) => guarded(key, read),
    create: (key, bytes) =>
      guarded(
        key,
        async (path) => {
          if (await currentVersion(path)) return 'exists';
          return (await createFirst(root, path, bytes)) ? 'created' : 'exists';
        },
        true,
      ),
    replace: (key, bytes, version) => guarded(key, (path) => replace(root, path, bytes, version), true),
    async *list(prefix) {
      checkPrefix(prefix);
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      try {
        yield* walk(root, folder, prefix);
      } catch (error) {
        throw storageError(error, `[store=${url}, prefix=${prefix}]`);
      }
    },
    async folders(folder) {
      checkFolder(folder);
      const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
        if (ignorable.has(errorCode(error) ?? '')) return [];
        throw storageError(error, `[store=${url}, folder=${folder}]`);
      });
      return entries.flatMap((entry) => (entry.isDirectory() && isKey(entry.name) ? [entry.name] : [])).sort();
    },
    delete: (key) =>
      guarded(key, async (path) => {
        await removeVersions(path);
        for (let folder = dirname(path); folder !== root && folder.length > root.length; folder = dirname(folder))
          if (!(await removeIfEmpty(folder))) break;
      }),
  };
}

/** A folder that nobody made yet, or an object of its name. */
const ignorable = new Set(['ENOENT', 'ENOTDIR']);

async function read(path: string): Promise<StoredObject | undefined> {
  for (;;) {
    const found = await currentVersion(path);
    if (!found) return undefined;
    // Gone between looking and opening: superseded and removed, or deleted. Look again.
    const file = await open(found.path).catch(ignoreAbsent);
    if (!file) continue;
    try {
      const stats = await file.stat({ bigint: true });
      const { buffer, byteOffset, byteLength } = await file.readFile();
      return { bytes: new Uint8Array(buffer, byteOffset, byteLength), version: versionOf(found.number, stats) };
    } finally {
      await file.close();
    }
  }
}

/** Links number 0. @returns its version, or undefined when the key is taken */
async function createFirst(root: string, path: string, bytes: Uint8Array): Promise<string | undefined> {
  for (;;) {
    const linked = await linkNew(root, path, bytes);
    if (linked) return versionOf(0, linked);
    if (!(await stat(path).catch(ignoreAbsent))?.isDirectory()) return undefined;
    // An empty folder is what a delete that was killed has left.
    if (!(await removeIfEmpty(path))) throw new UsageError(`storage: ${path} is a folder of other keys, so no key`);
  }
}

async function replace(
  root: string,
  path: string,
  bytes: Uint8Array,
  version: string | undefined,
): Promise<string | undefined> {
  const lookedAtMs = Date.now();
  const current = await currentVersion(path);
  if (current?.version !== version) return undefined;
  if (!current) return createFirst(root, path, bytes);
  const number = current.number + 1;
  const linked = await linkNew(root, versionPath(path, number), bytes);
  if (!linked) return undefined;
  const written = versionOf(number, linked);
  // Stopped for so long that the number may have been used and removed: it was not if it is the highest.
  if (!isSurelyNew(lookedAtMs) && (await currentVersion(path))?.version !== written) return undefined;
  await pruneVersions(path, number);
  return written;
}

/** Objects below `folder` in byte order: a folder sorts as its name with the slash that its keys have there. */
async function* walk(root: string, folder: string, prefix: string): AsyncGenerator<ListedObject> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(ignoreAbsent);
  const names = new Set<string>();
  for (const entry of entries ?? []) {
    // `KEY@` alone is what a delete that was killed has left: the newest version still stands.
    const name = entry.isDirectory() && entry.name.endsWith('@') ? entry.name.slice(0, -1) : entry.name;
    if (isKey(name)) names.add(entry.isDirectory() && name === entry.name ? `${name}/` : name);
  }
  for (const name of [...names].sort()) {
    const key = folder + name;
    if (name.endsWith('/')) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(root, key, prefix);
    } else if (key.startsWith(prefix)) {
      const found = await currentVersion(join(root, key));
      if (found) yield { key, sizeBytes: found.sizeBytes, writtenMs: found.writtenMs };
    }
  }
}

function storageError(error: unknown, where: string): Error {
  if (error instanceof UnlabelError) return error;
  const code = errorCode(error);
  if (code === 'ENOTDIR' && (error as NodeJS.ErrnoException).syscall === 'link')
    return new UsageError(`storage: a key can't be a folder of another key ${where}`, { cause: error });
  const message = `storage: ${error instanceof Error ? error.message : String(error)} ${where}`;
  return new StorageError(message, { transient: isTransientCode(code), cause: error, ...remedyFor(code) });
}
