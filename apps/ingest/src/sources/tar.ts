import { type FileHandle, open } from 'node:fs/promises';

import { FormatError } from '#lib/contracts';

import { classFolder, isImageName, type ListedImage, type Listing } from './listing.ts';
import { blockBytes, type MemberType, readPaxRecords, readTarHeader, text } from './tar-header.ts';

/** Names longer than this are no names of images but an attack or damage. */
const maxExtensionBytes = 64 * 1024;

/** A member of a tar: where its bytes lie. */
export interface TarMember {
  name: string;
  type: MemberType;
  offset: number;
  sizeBytes: number;
}

/**
 * Walks the members of an uncompressed tar (ustar, pax, GNU long names) without reading their contents.
 * @throws FormatError if the file is no tar, or is cut short
 */
export async function* tarMembers(file: string): AsyncGenerator<TarMember> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const reader = new BlockReader(handle, file);
    let override: { path?: string; size?: string } = {};
    let last = 'its first header';
    for (let at = 0; ;) {
      if (at + blockBytes > size)
        throw cutShort(file, at === size ? `after ${last}` : `inside the header after ${last}`);
      const header = decode(await reader.read(at, blockBytes), file, at);
      if (header === null) return; // a block of zeros ends the archive
      const name = override.path ?? header.name;
      const sizeBytes = Number(override.size ?? header.sizeBytes);
      const offset = at + blockBytes;
      if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || offset + sizeBytes > size)
        throw cutShort(file, `inside ${name}`);
      last = name;
      if (header.type === 'file' || header.type === 'other') {
        yield { name, type: header.type, offset, sizeBytes };
        override = {};
      } else override = { ...override, ...(await extension(reader, header.type, offset, sizeBytes, file)) };
      at = offset + Math.ceil(sizeBytes / blockBytes) * blockBytes;
    }
  } finally {
    await handle.close();
  }
}

const cutShort = (file: string, where: string) =>
  new FormatError(`${file}: the archive ends ${where}, without the block of zeros that closes one`, {
    remedy: 'copy or download the archive again',
  });

function decode(block: Uint8Array, file: string, at: number) {
  try {
    return readTarHeader(block);
  } catch (cause) {
    const what = at === 0 ? 'this is not an uncompressed tar' : `the header at byte ${at} is damaged`;
    throw new FormatError(`${file}: ${what}`, {
      cause,
      remedy: 'give an uncompressed tar (gunzip it first), or a folder',
    });
  }
}

async function extension(reader: BlockReader, type: MemberType, offset: number, sizeBytes: number, file: string) {
  if (sizeBytes > maxExtensionBytes)
    throw new FormatError(`${file}: an extended header of ${sizeBytes} bytes is refused`);
  const bytes = await reader.read(offset, sizeBytes);
  if (type === 'gnu-long-path') return { path: text(bytes) };
  const records = type === 'pax-header' ? readPaxRecords(bytes) : new Map<string, string>();
  const [path, size] = [records.get('path'), records.get('size')];
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size }) };
}

/** Reads small pieces of a file through a window, since headers lie close together. */
class BlockReader {
  readonly #handle: FileHandle;
  readonly #file: string;
  #window = Buffer.alloc(0);
  #start = 0;

  constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  async read(at: number, length: number): Promise<Buffer> {
    if (at < this.#start || at + length > this.#start + this.#window.length) {
      const window = Buffer.alloc(Math.max(length, 1 << 18));
      const { bytesRead } = await this.#handle.read(window, 0, window.length, at);
      this.#window = window.subarray(0, bytesRead);
      this.#start = at;
      if (bytesRead < length) throw new FormatError(`${this.#file}: ends at byte ${at + bytesRead}, inside a header`);
    }
    return this.#window.subarray(at - this.#start, at - this.#start + length);
  }
}

const leavesFolder = (name: string): boolean => name.startsWith('/') || name.split('/').includes('..');

/**
 * Lists the images of a tar: class folders, flat, or WebDataset (members `<key>.jpg` and `<key>.cls`, whose number or
 * name is the class). Members that would leave the folder are set aside.
 */
export async function listTar(file: string, modifiedMs: number, progress: () => void): Promise<Listing> {
  const images: ListedImage[] = [];
  const setAside: Listing['setAside'] = [];
  const labels: TarMember[] = [];
  for await (const member of tarMembers(file)) {
    progress();
    const id = member.name.replace(/^(\.\/)+/, '');
    if (member.type === 'file' && id.endsWith('.cls')) labels.push({ ...member, name: id });
    if (member.type !== 'file' || !isImageName(id)) continue;
    if (leavesFolder(id)) setAside.push({ id, reason: 'its name leads out of the archive' });
    else {
      const { offset, sizeBytes } = member;
      images.push({ id, file, offset, sizeBytes, modifiedMs, folder: classFolder(id) });
    }
  }
  if (labels.length > 0) await applyLabels(file, images, labels);
  return { images, setAside };
}

/** WebDataset: the class of `<key>.jpg` is the text of `<key>.cls`. */
async function applyLabels(file: string, images: ListedImage[], labels: TarMember[]): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const classes = new Map<string, string>();
    for (const { name, offset, sizeBytes } of labels) {
      if (sizeBytes > 1024) throw new FormatError(`${file}: ${name} has ${sizeBytes} bytes, a class is a short text`);
      const bytes = Buffer.alloc(sizeBytes);
      await handle.read(bytes, 0, sizeBytes, offset);
      classes.set(name.replace(/\.cls$/, ''), bytes.toString('utf8').trim());
    }
    for (const image of images) image.folder = classes.get(image.id.replace(/\.[^.]+$/, '')) ?? image.folder;
  } finally {
    await handle.close();
  }
}
