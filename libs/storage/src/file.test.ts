import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { storeContract } from './contract.ts';
import { openFileStore } from './file.ts';
import { StorageError } from './storage-error.ts';

storeContract(
  'file',
  async () => {
    const folder = await temporaryFolder();
    const root = join(folder.path, 'store');
    const close = async () => folder[Symbol.asyncDispose]();
    return { store: openFileStore(root), other: openFileStore(root), close };
  },
  { listed: 300 },
);

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const filesOf = async (root: string) => (await readdir(root, { recursive: true })).sort();

test('file store: reading a folder that does not exist finds nothing and creates nothing', async () => {
  await using folder = await temporaryFolder();
  const store = openFileStore(join(folder.path, 'absent'));
  expect(await store.get('a.json')).toBeUndefined();
  for await (const { key } of store.list('')) expect.unreachable(key);
  expect(await readdir(folder.path)).toEqual([]);
});

test('file store: removes versions a minute after they were superseded, but for the newest two', async () => {
  await using folder = await temporaryFolder();
  const store = openFileStore(folder.path);
  const versions = join(folder.path, 'runs/a/head.json@');
  let version = await store.replace('runs/a/head.json', text('0'), undefined);
  for (let i = 1; i <= 6; i++) version = await store.replace('runs/a/head.json', text(String(i)), version);
  expect(await readdir(versions)).toHaveLength(6);
  const minutesAgo = new Date(Date.now() - 2 * 60_000);
  for (const name of ['00000001', '00000002', '00000003', '00000004'])
    await utimes(join(versions, name), minutesAgo, minutesAgo);
  await store.replace('runs/a/head.json', text('7'), version);
  expect(await readdir(versions)).toEqual(['00000004', '00000005', '00000006', '00000007']);
  expect(await readdir(join(folder.path, '@temporary'))).toEqual([]);
  await store.delete('runs/a/head.json');
  expect(await filesOf(folder.path)).toEqual(['@temporary']);
});

test('file store: sweeps temporary files older than an hour before its first write, and no younger one', async () => {
  await using folder = await temporaryFolder();
  const temporary = join(folder.path, '@temporary');
  await mkdir(temporary);
  await writeFile(join(temporary, 'old'), 'x');
  await writeFile(join(temporary, 'young'), 'x');
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(temporary, 'old'), hoursAgo, hoursAgo);
  await openFileStore(folder.path).create('a.json', text('a'));
  expect(await readdir(temporary)).toEqual(['young']);
});

test('file store: a delete that was killed half way leaves the newest version, and deleting again removes it', async () => {
  await using folder = await temporaryFolder();
  const store = openFileStore(folder.path);
  await mkdir(join(folder.path, 'runs/a/head.json@'), { recursive: true });
  await writeFile(join(folder.path, 'runs/a/head.json@/00000007'), 'newest');
  expect(await store.create('runs/a/head.json', text('x'))).toBe('exists');
  const keys: string[] = [];
  for await (const { key } of store.list('runs/')) keys.push(key);
  expect(keys).toEqual(['runs/a/head.json']);
  await store.delete('runs/a/head.json');
  expect(await store.create('runs/a/head.json', text('x'))).toBe('created');
});

test('file store: a key that is a folder of another, or lies below one, is refused by name', async () => {
  await using folder = await temporaryFolder();
  const store = openFileStore(folder.path);
  await store.create('a/b', text('x'));
  await expect(store.create('a', text('x'))).rejects.toThrow(UsageError);
  await expect(store.create('a/b/c', text('x'))).rejects.toThrow(/folder of another key \[store=file:.*key=a\/b\/c\]/);
  expect(await store.get('a/b/c')).toBeUndefined();
  expect(await store.get('a')).toBeUndefined();
});

test('file store: a folder that can not be made is a StorageError that names it and is not waited for', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'file'), 'x');
  const failure = openFileStore(join(folder.path, 'file', 'store')).create('a.json', text('x'));
  await expect(failure).rejects.toThrow(/ENOTDIR.*file\/store/);
  await expect(failure).rejects.toSatisfy((error) => error instanceof StorageError && !error.transient);
});

test('file store: a store that is removed while it is written to fails, and does not hang', async () => {
  await using folder = await temporaryFolder();
  const store = openFileStore(join(folder.path, 'store'));
  const writes = Promise.allSettled(Array.from({ length: 50 }, (_, i) => store.create(`a/${i}.json`, text('x'))));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await rm(join(folder.path, 'store'), { recursive: true, force: true, maxRetries: 5 });
  for (const result of await writes)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StorageError);
});

test('file store: kill -9 of a writer leaves whole objects only, and one version more or none', async () => {
  await using folder = await temporaryFolder();
  const writer = fileURLToPath(new URL('./file-writer.ts', import.meta.url));
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [writer, folder.path, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 60 + 40 * round));
    child.kill('SIGKILL');
    await once(child, 'close');
    const store = openFileStore(folder.path);
    for await (const { key, sizeBytes } of store.list('objects/')) {
      const found = await store.get(key);
      expect(sizeBytes).toBe(100_000);
      expect(new Set(found?.bytes).size).toBe(1);
    }
    const head = await store.get('head.json');
    expect(await store.replace('head.json', text('after the kill'), head?.version)).toBeDefined();
  }
});
