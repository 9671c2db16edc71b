import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

import { SetupError } from './errors.mjs';

/** A member of a zip archive, from its central directory. */
interface Member {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  crc: number;
  packedBytes: number;
  sizeBytes: number;
  /** Where its local header begins. */
  offset: number;
  executable: boolean;
}

const endSignature = Buffer.from('PK\x05\x06', 'latin1');
const zip64LocatorSignature = 0x07064b50;
const directorySignature = 0x02014b50;
const saturated = 0xffffffff; // the true value is in the zip64 field
const mostCommentBytes = 65_557;

const damaged = (path: string, what: string) =>
  new SetupError(`${basename(path)} is damaged: ${what}`, `remove ${path} and start again`);

async function readAt(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw damaged(path, `it ends before byte ${position + length}`);
  return buffer;
}

/** Position and extent of the central directory, from the end record, or from the zip64 one before it. */
async function findDirectory(file: FileHandle, path: string) {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, mostCommentBytes);
  const tail = await readAt(file, path, size - tailBytes, tailBytes);
  const end = tail.lastIndexOf(endSignature);
  if (end < 0) throw damaged(path, 'it is no zip archive');
  if (end >= 20 && tail.readUInt32LE(end - 20) === zip64LocatorSignature) {
    const record = await readAt(file, path, Number(tail.readBigUInt64LE(end - 12)), 56);
    const [count, length, position] = [32, 40, 48].map((at) => Number(record.readBigUInt64LE(at)));
    return { count: count!, length: length!, position: position! };
  }
  return {
    count: tail.readUInt16LE(end + 10),
    length: tail.readUInt32LE(end + 12),
    position: tail.readUInt32LE(end + 16),
  };
}

/** Replaces saturated fields by those of the zip64 extra field (id 1), which holds just them, in this order. */
function applyZip64(member: Member, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let value = at + 4;
    for (const field of ['sizeBytes', 'packedBytes', 'offset'] as const) {
      if (member[field] !== saturated) continue;
      member[field] = Number(extra.readBigUInt64LE(value));
      value += 8;
    }
  }
}

async function readMembers(file: FileHandle, path: string): Promise<Member[]> {
  const { count, length, position } = await findDirectory(file, path);
  const directory = await readAt(file, path, position, length);
  const members: Member[] = [];
  for (let at = 0; members.length < count;) {
    if (at + 46 > length || directory.readUInt32LE(at) !== directorySignature)
      throw damaged(path, 'its directory is broken');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((k) => directory.readUInt16LE(at + k)) as [
      number,
      number,
      number,
    ];
    const member: Member = {
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      sizeBytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      executable: Boolean((directory.readUInt32LE(at + 38) >>> 16) & 0o100),
    };
    applyZip64(member, directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes));
    members.push(member);
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return members;
}

/** @throws SetupError for a name that would leave the folder */
function checkName(path: string, name: string): void {
  if (isAbsolute(name) || name.includes('\\') || normalize(name).split('/').includes('..'))
    throw new SetupError(
      `${basename(path)} holds a member with an unsafe name: ${JSON.stringify(name)}`,
      'nothing was unpacked; use another index or mirror (PIP_INDEX_URL)',
    );
}

async function unpack(file: FileHandle, path: string, member: Member, to: string): Promise<void> {
  if (member.method !== 0 && member.method !== 8)
    throw damaged(path, `${member.name} has compression ${member.method}`);
  const header = await readAt(file, path, member.offset, 30);
  const start = member.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  let crc = 0;
  let sizeBytes = 0;
  const check = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      crc = crc32(chunk, crc);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  mkdirSync(dirname(to), { recursive: true });
  const out = createWriteStream(to, { mode: member.executable ? 0o755 : 0o644 });
  const packed = member.packedBytes
    ? createReadStream(path, { start, end: start + member.packedBytes - 1, highWaterMark: 1 << 20 })
    : Readable.from([]);
  if (member.method === 8) await pipeline(packed, createInflateRaw({ chunkSize: 1 << 20 }), check, out);
  else await pipeline(packed, check, out);
  if (crc !== member.crc || sizeBytes !== member.sizeBytes)
    throw damaged(path, `${member.name} does not match its checksum`);
}

/**
 * Unpacks members of a zip archive (stored or deflated, zip64) by seeking.
 *
 * @param wanted which members, by name
 * @returns the names that were unpacked
 * @throws SetupError for a damaged archive; for one with any member whose name leaves the folder, before anything is written
 */
export async function unzip(path: string, folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const members = await readMembers(file, path);
    for (const { name } of members) checkName(path, name);
    const chosen = members.filter(({ name }) => !name.endsWith('/') && wanted(name));
    for (const member of chosen) await unpack(file, path, member, join(folder, member.name));
    return chosen.map(({ name }) => name);
  } finally {
    await file.close();
  }
}
