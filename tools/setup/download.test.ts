import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { download } from './download.ts';
import { explain } from './errors.mjs';
import { createIndexClient } from './index-client.ts';
import { closedAddress, startLoopback } from './loopback-server.ts';

const body = randomBytes(300_000);
const digest = createHash('sha256').update(body).digest('hex');
const get = createIndexClient({ indexUrls: [], trustedHosts: [] }, {});
const quiet = { retryMs: 1, progress: () => Object.assign(() => {}, { end: () => {} }) };
let folder: string;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unlabel-download-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Answers ranges; the first answer is cut off after `cutBytes`. */
const cuttingServer = (cutBytes: number, ranges: (string | undefined)[]) =>
  startLoopback((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const start = range ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
    const headers = {
      'content-length': body.length - start,
      ...(range && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    };
    response.writeHead(range ? 206 : 200, headers);
    if (ranges.length > 1) response.end(body.subarray(start));
    else response.write(body.subarray(start, start + cutBytes), () => setTimeout(() => response.destroy(), 20));
  });

test('goes on where a broken connection stopped', async () => {
  const ranges: (string | undefined)[] = [];
  await using server = await cuttingServer(100_000, ranges);
  const path = await download(get, { name: 'a.whl', url: `${server.url}/a.whl` }, digest, folder, quiet);
  expect(readFileSync(path).equals(body)).toBe(true);
  expect(ranges[0]).toBeUndefined();
  expect(Number(/\d+/.exec(ranges[1]!)?.[0])).toBeGreaterThan(0);
  expect(ranges).toHaveLength(2);
});

test('goes on with the part that an earlier run kept', async () => {
  const ranges: (string | undefined)[] = ['earlier'];
  writeFileSync(join(folder, 'a.whl.part'), body.subarray(0, 120_000));
  await using server = await cuttingServer(0, ranges);
  const path = await download(get, { name: 'a.whl', url: `${server.url}/a.whl` }, digest, folder, quiet);
  expect(readFileSync(path).equals(body)).toBe(true);
  expect(ranges[1]).toBe('bytes=120000-');
});

test('begins anew when the server does not know ranges', async () => {
  writeFileSync(join(folder, 'a.whl.part'), randomBytes(1000));
  await using server = await startLoopback((_request, response) => response.end(body));
  const path = await download(get, { name: 'a.whl', url: server.url }, digest, folder, quiet);
  expect(readFileSync(path).equals(body)).toBe(true);
});

test('a file with another digest is refused and removed', async () => {
  await using server = await startLoopback((_request, response) => response.end('something else'));
  const file = { name: 'a.whl', url: server.url };
  await expect(download(get, file, digest, folder, quiet)).rejects.toMatchObject({
    name: 'SetupError',
    message: expect.stringMatching(/^a\.whl is not the file that is pinned: sha256 [0-9a-f]{64}, expected /) as string,
  });
  expect(existsSync(join(folder, 'a.whl.part'))).toBe(false);
  expect(existsSync(join(folder, 'a.whl'))).toBe(false);
});

test('a refusal by the server is told at once, with host and status', async () => {
  let requests = 0;
  await using server = await startLoopback((_request, response) => {
    requests += 1;
    response.writeHead(403).end();
  });
  const file = { name: 'a.whl', url: server.url };
  await expect(download(get, file, digest, folder, quiet)).rejects.toThrow(
    `127.0.0.1:${server.port} answered 403 for a.whl`,
  );
  expect(requests).toBe(1);
});

test('without a network it names the host, and keeps what had arrived', async () => {
  writeFileSync(join(folder, 'a.whl.part'), body.subarray(0, 1000));
  const url = await closedAddress();
  const error: unknown = await download(get, { name: 'a.whl', url }, digest, folder, { ...quiet, tries: 2 }).catch(
    explain,
  );
  expect(error).toMatchObject({
    message: `${new URL(url).host} can't be reached (ECONNREFUSED)`,
    remedy: expect.stringContaining('what has arrived is kept') as string,
  });
  expect(readFileSync(join(folder, 'a.whl.part')).length).toBe(1000);
});

test.runIf(existsSync('/dev/full'))('a full disk is told in one line', async () => {
  symlinkSync('/dev/full', join(folder, 'a.whl.part'));
  await using server = await startLoopback((_request, response) => response.end(body));
  const error: unknown = await download(get, { name: 'a.whl', url: server.url }, digest, folder, quiet).catch(explain);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^the disk is full \(ENOSPC\)/) as string,
    remedy: expect.stringContaining('UNLABEL_CACHE') as string,
  });
});
