import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { unzip } from './zip.ts';

interface Entry {
  name: string;
  data: Buffer;
  method: 0 | 8;
  mode?: number;
}

/** A zip archive as wheels are: local headers, central directory, end record. */
function zipOf(entries: Entry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method, mode = 0o644 } of entries) {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const shared = Buffer.alloc(26); // version needed .. extra length, the same in both headers
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14); // comment length, disk, attributes, offset
    rest.writeUInt32LE(mode * 0x10000, 6);
    rest.writeUInt32LE(offset, 10);
    const entry = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, Buffer.from(name), packed]);
    local.push(entry);
    central.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), shared, rest, Buffer.from(name));
    offset += entry.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

const text = Buffer.from('the same words again and again, the same words again and again');
let folder: string;
const archive = (entries: Entry[]): string => {
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
