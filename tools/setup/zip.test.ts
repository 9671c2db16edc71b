import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { type ZipEntry, zipOf } from './zip.fixture.ts';
import { unzip } from './zip.ts';

const text = Buffer.from('the same words again and again, the same words again and again');
let folder: string;
const archive = (entries: ZipEntry[]): string => {
  const path = join(folder, 'a.whl');
  writeFileSync(path, zipOf(entries));
  return path;
};

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'unlabel-zip-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('unpacks deflated, stored and empty members that are wanted, programs as programs', async () => {
  const path = archive([
    { name: 'a/deflated.txt', data: text, method: 8 },
    { name: 'a/program', data: text, method: 0, mode: 0o755 },
    { name: 'a/empty', data: Buffer.alloc(0), method: 0 },
    { name: 'a/other', data: text, method: 0 },
  ]);
  const names = await unzip(path, join(folder, 'out'), (name) => name !== 'a/other');
  expect(names).toEqual(['a/deflated.txt', 'a/program', 'a/empty']);
  expect(readFileSync(join(folder, 'out/a/deflated.txt'))).toEqual(text);
  expect(statSync(join(folder, 'out/a/program')).mode & 0o100).toBe(0o100);
  expect(statSync(join(folder, 'out/a/empty')).size).toBe(0);
  expect(existsSync(join(folder, 'out/a/other'))).toBe(false);
});

test.each(['../evil', 'a/../../evil', '/evil', 'a\\..\\evil'])(
  'refuses an archive with the member %j, wanted or not',
  async (name) => {
    const path = archive([
      { name: 'good', data: text, method: 0 },
      { name, data: text, method: 0 },
    ]);
    await expect(unzip(path, join(folder, 'out'), (wanted) => wanted === 'good')).rejects.toThrow(
      `a.whl holds a member with an unsafe name: ${JSON.stringify(name)}`,
    );
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  },
);

test('refuses a member that does not match its checksum', async () => {
  const path = archive([{ name: 'good', data: text, method: 0 }]);
  const bytes = readFileSync(path);
  bytes.write('X', bytes.indexOf('the same'));
  writeFileSync(path, bytes);
  await expect(unzip(path, folder, () => true)).rejects.toThrow('a.whl is damaged: good does not match its checksum');
});

test('refuses what is cut short or no archive', async () => {
  const path = archive([{ name: 'good', data: text, method: 0 }]);
  writeFileSync(path, readFileSync(path).subarray(0, -30));
  await expect(unzip(path, folder, () => true)).rejects.toThrow('a.whl is damaged: it is no zip archive');
});
