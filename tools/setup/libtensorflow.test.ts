import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { ensureLibrary } from './libtensorflow.ts';
import { zipOf } from './zip.fixture.ts';

const libraries = ['tensorflow/libtensorflow_framework.so.2', 'tensorflow/libtensorflow_cc.so.2'];
const contents: Record<string, string[]> = {
  'nvidia-cusolver-cu12': ['nvidia/cusolver/lib/libcusolver.so.11', 'nvidia/cusolver/lib/libcusolverMg.so.11'],
  'nvidia-cusparse-cu12': ['nvidia/cusparse/lib/libcusparse.so.12'],
  'nvidia-cublas-cu12': ['nvidia/cublas/lib/libcublas.so.12', 'nvidia/cublas/include/cublas.h'],
};
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unlabel-library-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Wheels of a few members each, whose bytes are their names. */
const source = {
  fetch: (project: string) => {
    const names = contents[project] ?? (project.startsWith('tensorflow') ? libraries : [`${project}/unwanted`]);
    const path = join(folder, `${project}.whl`);
    writeFileSync(path, zipOf(names.map((name) => ({ name, data: Buffer.from(name), method: 8 }))));
    return Promise.resolve(path);
  },
  release: () => undefined,
};
const run = () => Promise.resolve({ code: 'ENOENT' as const, stdout: '', stderr: '' });
const unpacked = (...path: string[]): string => join(folder, 'library', ...path);

test('for a GPU, cuSOLVER is also where the run path of libtensorflow_framework looks', async () => {
  await ensureLibrary(unpacked(), 'gpu', source, run);
  const link = unpacked('nvidia', 'cusparse', 'lib', 'libcusolver.so.11');
  expect(realpathSync(link)).toBe(realpathSync(unpacked('nvidia', 'cusolver', 'lib', 'libcusolver.so.11')));
  expect(readFileSync(unpacked('nvidia', 'cublas', 'lib', 'libcublas.so.12'), 'utf8')).toContain('libcublas');
});

test('for a CPU nothing of CUDA is fetched', async () => {
  const asked: string[] = [];
  const listening = { ...source, fetch: (project: string) => (asked.push(project), source.fetch(project)) };
  await ensureLibrary(unpacked(), 'cpu', listening, run);
  expect(asked).toEqual(['tensorflow-cpu']);
});

test('a library that is complete is taken as it is', async () => {
  const sizes = await ensureLibrary(unpacked(), 'cpu', source, run);
  const none = { ...source, fetch: () => Promise.reject(new Error('nothing is to be fetched')) };
  expect(await ensureLibrary(unpacked(), 'cpu', none, run)).toEqual(sizes);
});
