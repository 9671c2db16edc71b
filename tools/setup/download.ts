import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { fileSizeBytes } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { type IndexClient } from './index-client.ts';
import { type IndexFile } from './package-index.ts';
import { type Progress, say, showProgress } from './progress.ts';

export interface DownloadOptions {
  /** Wait before the second try; doubles with each. */
  retryMs?: number;
  tries?: number;
  progress?: (name: string, totalBytes: number | undefined) => Progress;
}

/** What has arrived of a file, and its running digest. */
interface Part {
  path: string;
  haveBytes: number;
  hash: Hash;
}

async function hashInto(hash: Hash, path: string): Promise<number> {
  const sizeBytes = fileSizeBytes(path);
  if (sizeBytes <= 0) return 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return sizeBytes;
}

/** sha256 of a file, in hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await hashInto(hash, path);
  return hash.digest('hex');
}

/** A refusal that another try can't change. */
const refused = (host: string, status: number, name: string) =>
  new SetupError(
    `${host} answered ${status} for ${name}`,
    "check pip's index and its login (pip config list, PIP_INDEX_URL), and start again",
  );

/** Makes the part fit the answer: the server goes on (206), begins anew (200), or refuses. */
function accept(part: Part, { statusCode = 0, headers }: IncomingMessage, host: string, name: string): void {
  if (statusCode === 206 && (headers['content-range'] ?? '').startsWith(`bytes ${part.haveBytes}-`)) return;
  if (statusCode === 200) {
    if (part.haveBytes > 0) truncateSync(part.path);
    part.haveBytes = 0;
    part.hash = createHash('sha256');
    return;
  }
  if (statusCode === 416 || statusCode === 206) {
    rmSync(part.path, { force: true });
    part.haveBytes = 0;
    part.hash = createHash('sha256');
    throw new Error('the part that was kept does not fit');
  }
  if (statusCode >= 400 && statusCode < 500 && ![408, 425, 429].includes(statusCode))
    throw refused(host, statusCode, name);
  throw new Error(`${host} answered ${statusCode}`);
}

/** Appends to the part what one connection gives. @throws when it ends early */
async function receive(get: IndexClient, file: IndexFile, part: Part, progress: Required<DownloadOptions>['progress']) {
  const range = part.haveBytes > 0 ? { range: `bytes=${part.haveBytes}-` } : {};
  const { response, url } = await get(file.url, { ...range, 'accept-encoding': 'identity' });
  const { host } = new URL(url);
  try {
    accept(part, response, host, file.name);
  } catch (error) {
    response.resume();
    throw error;
  }
  const length = Number(response.headers['content-length'] ?? NaN);
  const totalBytes = file.sizeBytes ?? (Number.isNaN(length) ? undefined : length + part.haveBytes);
  const show = progress(file.name.split('-').slice(0, 2).join(' '), totalBytes);
  const count = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      part.hash.update(chunk);
      part.haveBytes += chunk.length;
      show(part.haveBytes);
      yield chunk;
    }
  };
  try {
    await pipeline(response, count, createWriteStream(part.path, { flags: 'a' }));
  } catch (error) {
    throw Object.assign(error as Error, { host });
  } finally {
    show.end();
  }
  if (totalBytes !== undefined && part.haveBytes < totalBytes)
    throw Object.assign(new Error(`${host} ended at ${part.haveBytes} of ${totalBytes} bytes`), {
      code: 'ECONNRESET',
      host,
    });
}

const isOfDisk = (error: NodeJS.ErrnoException): boolean =>
  ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].includes(error.code ?? '');

/**
 * Downloads a file: goes on where an earlier try stopped, tries again when a connection breaks, and keeps the file only
 * if its digest is the pinned one.
 *
 * @param sha256 the digest that the repository pins
 * @returns the file's path
 * @throws SetupError for another digest (the file is removed) or a refusal; the connection's or the disk's error else
 */
export async function download(
  get: IndexClient,
  file: IndexFile,
  sha256: string,
  folder: string,
  { retryMs = 500, tries = 5, progress = showProgress }: DownloadOptions = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const done = join(folder, file.name);
  if (fileSizeBytes(done) > 0 && (await fileSha256(done)) === sha256) return done;
  const part: Part = { path: `${done}.part`, haveBytes: 0, hash: createHash('sha256') };
  part.haveBytes = await hashInto(part.hash, part.path);
  for (let attempt = 1; part.haveBytes === 0 || part.haveBytes !== file.sizeBytes; attempt++) {
    try {
      await receive(get, file, part, progress);
      break;
    } catch (error) {
      if (attempt === tries || error instanceof SetupError || isOfDisk(error as NodeJS.ErrnoException)) throw error;
      say(`${(error as Error).message}; trying again`);
      part.hash = createHash('sha256'); // what the file holds counts, not what was handed over
      part.haveBytes = await hashInto(part.hash, part.path);
      await sleep(retryMs * 2 ** attempt);
    }
  }
  const got = part.hash.digest('hex');
  if (got !== sha256) {
    rmSync(part.path, { force: true });
    throw wrongDigest(file.name, got, sha256);
  }
  renameSync(part.path, done);
  return done;
}

/** The refusal of a file that is not the pinned one. */
export const wrongDigest = (name: string, got: string, pinned: string) =>
  new SetupError(
    `${name} is not the file that is pinned: sha256 ${got}, expected ${pinned}`,
    'the file was not used; start again, and if this comes back, use another index or mirror (PIP_INDEX_URL)',
  );
