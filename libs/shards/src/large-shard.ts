import { extract, type Header, pack } from 'tar-stream';

import { canonicalJson, FormatError } from '#lib/contracts';

import { checkFormat, type Format } from './format.ts';
import { imageExtension } from './image-extension.ts';
import { checkSample, noClass, type ShardSample } from './sample.ts';

export const largeShardFormat: Format = { name: 'unlabel.large-shard', version: 1 };

const member = /^(\d{6,})\.([a-z0-9]{1,5})$/;
const endBytes = 1024;

/**
 * Writes a shard of original image files as a WebDataset tar (https://github.com/webdataset/webdataset): for each sample,
 * numbered from 000000, its class as text (`.cls`, left out where there is none), its file (`.jpg`, `.png`, …) and its
 * id with the format's version (`.json`). No times, owners or modes of the source: equal samples give equal bytes.
 * @throws FormatError for no samples, or one that is no image file or whose id or class doesn't fit
 */
export async function writeLargeShard(entries: readonly ShardSample[]): Promise<Uint8Array> {
  if (entries.length === 0) throw new FormatError('writeLargeShard: a shard needs at least one sample');
  const members = entries.flatMap(membersOf);
  const tar = pack();
  for (const { name, bytes } of members) tar.entry(headerOf(name), bytes);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return concatenate(chunks);
}

/**
 * Reads a shard of large images; files are views of `bytes` where the tar reader allows it.
 * @param key names the shard in errors
 * @throws FormatError for a tar that is cut short, of another format or version, or with members that no shard has
 */
export async function readLargeShard(bytes: Uint8Array, key = 'large shard'): Promise<ShardSample[]> {
  if (bytes.length % 512 !== 0 || bytes.length <= endBytes || bytes.subarray(-endBytes).some((byte) => byte !== 0))
    throw new FormatError(
      `${key}: is cut short or no tar: ${bytes.length} bytes without the two empty blocks at the end`,
    );
  const reader = new SampleReader(key);
  const tar = extract();
  tar.end(bytes);
  try {
    for await (const entry of tar) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
      reader.take(entry.header, concatenate(chunks));
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${key}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return reader.end();
}

/** Puts the members of a sample together again, and refuses what does not belong there. */
class SampleReader {
  readonly #key: string;
  readonly #samples: ShardSample[] = [];
  #label = noClass;
  #file: Uint8Array | undefined;
  #begun = false;

  constructor(key: string) {
    this.#key = key;
  }

  take({ name, type }: Header, bytes: Uint8Array): void {
    const [, number, extension] = member.exec(name) ?? [];
    if (type !== 'file' || number === undefined || Number(number) !== this.#samples.length)
      throw this.#bad(`member ${JSON.stringify(name)} (${type}) is not one of sample ${this.#samples.length}`);
    if (extension === 'cls' && !this.#begun) this.#label = Number(textOf(bytes, name, this.#key));
    else if (extension === 'json' && this.#file) this.#finish(name, bytes, this.#file);
    else if (extension !== 'cls' && extension !== 'json' && !this.#file) this.#file = bytes;
    else throw this.#bad(`member ${name} is not where it belongs`);
    this.#begun = extension !== 'json';
  }

  end(): ShardSample[] {
    if (this.#begun || this.#samples.length === 0)
      throw this.#bad(`is cut short within sample ${this.#samples.length}`);
    return this.#samples;
  }

  #finish(name: string, bytes: Uint8Array, file: Uint8Array): void {
    const { id, ...mark } = parse(textOf(bytes, name, this.#key), name, this.#key);
    checkFormat(mark, largeShardFormat, this.#key);
    if (typeof id !== 'string') throw this.#bad(`${name} has no id`);
    const sample = { id, class: this.#label, bytes: file };
    checkSample(sample, this.#key);
    this.#samples.push(sample);
    this.#label = noClass;
    this.#file = undefined;
  }

  #bad(what: string): FormatError {
    return new FormatError(`${this.#key}: ${what}`);
  }
}

function membersOf(entry: ShardSample, index: number): { name: string; bytes: Uint8Array }[] {
  checkSample(entry, 'writeLargeShard');
  const stem = String(index).padStart(6, '0');
  const encoder = new TextEncoder();
  const { name: format, version } = largeShardFormat;
  const members = [
    { name: `${stem}.${imageExtension(entry.bytes, entry.id)}`, bytes: entry.bytes },
    { name: `${stem}.json`, bytes: encoder.encode(canonicalJson({ format, version, id: entry.id })) },
  ];
  if (entry.class !== noClass) members.unshift({ name: `${stem}.cls`, bytes: encoder.encode(String(entry.class)) });
  return members;
}

/** Everything that a tar header holds by default of its machine and time is fixed. */
const headerOf = (name: string) => ({ name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file' }) as const;

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only && chunks.length === 1) return new Uint8Array(only.buffer, only.byteOffset, only.byteLength);
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function textOf(bytes: Uint8Array, name: string, key: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${key}: ${name} is not UTF-8`, { cause });
  }
}

function parse(json: string, name: string, key: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new FormatError(`${key}: ${name} is not JSON`, { cause });
  }
  throw new FormatError(`${key}: ${name} is no JSON object`);
}
