import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { jpegDecoderFolder, kernelFolder, levelsFolder, sourceDigest, transformsFolder } from './native-sources.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'unlabel-sources-'));
  mkdirSync(join(kernelFolder(root), 'stand-ins', 'tsl'), { recursive: true });
  write('level.cc', 'int a;');
  write('lanes.h', 'int b;');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const source = (name: string) => join(kernelFolder(root), name);
const write = (name: string, text: string) => writeFileSync(source(name), text);
/** Whether the digest differs after a change. */
function changes(change: () => void): boolean {
  const before = sourceDigest(kernelFolder(root));
  change();
  return sourceDigest(kernelFolder(root)) !== before;
}

test('the digest changes with the content of a source, whichever folder it is in', () => {
  expect(changes(() => write('level.cc', 'int c;'))).toBe(true);
  expect(changes(() => write('stand-ins/tsl/platform.h', ''))).toBe(true);
  expect(changes(() => write('stand-ins/tsl/platform.h', ' '))).toBe(true);
});

test('the digest changes with the name of a source, and where text moves from one to another', () => {
  expect(changes(() => renameSync(source('lanes.h'), source('vectors.h')))).toBe(true);
  write('a.h', '12');
  write('b.h', '3');
  expect(changes(() => (write('a.h', '1'), write('b.h', '23')))).toBe(true);
});

test('the digest does not change when a source is written again as it was, or with what is no source', () => {
  expect(changes(() => write('level.cc', 'int a;'))).toBe(false);
  expect(changes(() => write('notes.md', 'to do'))).toBe(false);
});

test('the repository has sources in each of its folders', () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  const folders = [kernelFolder(repository), jpegDecoderFolder(repository), transformsFolder(repository), levelsFolder];
  const empty = sourceDigest(mkdtempSync(join(root, 'empty-')));
  for (const folder of folders) expect(sourceDigest(folder)).not.toBe(empty);
});
