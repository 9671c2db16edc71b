import { type BigIntStats } from 'node:fs';
import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { ignoreAbsent } from './durable-link.ts';
import { errorCode } from './storage-error.ts';

/**
 * How an object lies on disk. KEY is what `create` wrote, number 0. Each replacement links the next number into the folder `KEY@`,
 * and readers take the highest: `link` fails for a taken name, so of two replacers of one version one wins, without locks.
 *
 *     runs/a/head.json               0, kept until the object is deleted: it guards against a second create
 *     runs/a/head.json@/00000041     the last but one
 *     runs/a/head.json@/00000042     what readers see
 *
 * A number is removed at the earliest `graceMs` after it was superseded. So a replacer that links within that time after it
 * looked can't bring back a number that had been used and removed meanwhile, and one that was stopped for longer finds out
 * whether it did: then higher numbers are there.
 */
export interface FileVersion {
  number: number;
  path: string;
  sizeBytes: number;
  writtenMs: number;
  /** Number and identity of the file: a deleted and re-created object has other versions. */
  version: string;
}

const numberDigits = 8;
const keptNewest = 2;
const graceMs = 60_000;

export const versionsFolder = (path: string): string => `${path}@`;
export const versionPath = (path: string, number: number): string =>
  number === 0 ? path : join(versionsFolder(path), String(number).padStart(numberDigits, '0'));

/** The version of an opened or listed file. */
export function versionOf(number: number, { ino, mtimeNs }: BigIntStats): string {
  return `${number}-${ino.toString(36)}-${mtimeNs.toString(36)}`;
}

/** What readers see of the object at `path`, or undefined when there is none. */
export async function currentVersion(path: string): Promise<FileVersion | undefined> {
  for (;;) {
    const number = await highestNumber(path);
    const stats = await statOf(versionPath(path, number));
    if (stats?.isFile())
      return {
        number,
        path: versionPath(path, number),
        sizeBytes: Number(stats.size),
        writtenMs: Number(stats.mtimeMs),
        version: versionOf(number, stats),
      };
    // A higher number that was there a moment ago is being deleted or was superseded: look again.
    if (number === 0) return undefined;
  }
}

/** Whether a number that was linked just now, after a look at that time, can't have been used before. */
export function isSurelyNew(lookedAtMs: number): boolean {
  return Date.now() - lookedAtMs < graceMs / 2;
}

/** Removes versions that were superseded long ago, oldest first. */
export async function pruneVersions(path: string, newest: number): Promise<void> {
  const numbers = await versionNumbers(path);
  for (const [i, number] of numbers.entries()) {
    if (number > newest - keptNewest) return;
    const successor = await statOf(versionPath(path, numbers[i + 1] ?? newest));
    if (!successor || Date.now() - Number(successor.mtimeMs) < graceMs) return;
    await unlink(versionPath(path, number)).catch(ignoreAbsent);
  }
}

/** Removes every version, the one that readers see last, so that no reader meets an older one. */
export async function removeVersions(path: string): Promise<void> {
  do {
    for (const number of [0, ...(await versionNumbers(path))])
      await unlink(versionPath(path, number)).catch(ignoreAbsentOrFolder);
    await removeIfEmpty(versionsFolder(path));
  } while (await currentVersion(path));
}

/** Removes an empty folder. @returns whether it did */
export async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function highestNumber(path: string): Promise<number> {
  return (await versionNumbers(path)).at(-1) ?? 0;
}

async function versionNumbers(path: string): Promise<number[]> {
  const entries = await readdir(versionsFolder(path), { withFileTypes: true }).catch(ignoreAbsentOrFolder);
  return (entries ?? [])
    .filter((entry) => entry.isFile() && /^\d+$/.test(entry.name))
    .map(({ name }) => Number(name))
    .sort((a, b) => a - b);
}

function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(ignoreAbsentOrFolder);
}

/** A key below another key's object, or an object that is a folder of keys, is as good as absent to a reader. */
function ignoreAbsentOrFolder(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '')) throw error;
}
