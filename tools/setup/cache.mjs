// Where the downloads and builds of the set-up lie, outside the repository, shared by all its checkouts.
import fs, { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { SetupError } from './errors.mjs';

/** The cache folder: `UNLABEL_CACHE`, else `XDG_CACHE_HOME/unlabel`, else `~/.cache/unlabel`. */
export const cacheFolder = (env = process.env) =>
  resolve(env.UNLABEL_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'unlabel'));

/** A name beside `path` that no other process uses; every step writes there and ends in a rename. */
export const temporary = (path) => `${path}.tmp-${process.pid}-${Math.random().toString(36).slice(2, 10)}`;

/** The size of a file in bytes; -1 when it is not there. */
export function fileSizeBytes(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

/** Writes a whole file or nothing. */
export function writeAtomic(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const written = temporary(path);
  writeFileSync(written, text);
  renameSync(written, path);
}

/** Free bytes of the disk that holds `folder` (which need not exist yet). Unknown on Node before 18.15: infinite. */
export function freeBytes(folder) {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  if (!fs.statfsSync) return Infinity;
  const { bavail, bsize } = fs.statfsSync(at);
  return bavail * bsize;
}

/**
 * Refuses to begin what the disk can't hold.
 *
 * @throws SetupError naming the folder, the bytes needed and those that are free
 */
export function requireSpace(folder, neededBytes, what, free = freeBytes) {
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  const has = free(folder);
  if (has >= neededBytes) return;
  throw new SetupError(
    `the disk is too full: ${what} needs ${gigabytes(neededBytes)} in ${folder}, ${gigabytes(has)} are free`,
    'free some space, or set UNLABEL_CACHE to a folder on another disk, and start again',
  );
}
