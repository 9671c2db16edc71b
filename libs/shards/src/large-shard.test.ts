import fc from 'fast-check';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';

import { FormatError } from '#lib/contracts';

import { readLargeShard, writeLargeShard } from './large-shard.ts';

const jpeg = (length: number, fill = 7) => Uint8Array.from([0xff, 0xd8, 0xff, ...new Uint8Array(length).fill(fill)]);
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const samples = fc.array(
  fc.record({
    id: fc.string({ unit: 'binary', minLength: 1 }).filter((id) => id.isWellFormed()),
    class: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    bytes: fc.nat(3000).chain((length) => fc.nat(255).map((fill) => jpeg(length, fill))),
  }),
  { minLength: 1, maxLength: 5 },
);
const example = [
  { id: 'cat/ä 1.jpg', class: 0, bytes: jpeg(700) },
  { id: 'dog/2.jpeg', class: -1, bytes: png },
];

/** Any tar, by name and text of its members. */
async function tarOf(
  members: [name: string, text: string][],
  type: 'file' | 'directory' = 'file',
): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, text] of members) tar.entry({ name, type }, type === 'file' ? text : '');
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

test('any shard reads back: files, classes and ids', async () => {
  await fc.assert(
    fc.asyncProperty(samples, async (entries) => {
      expect(await readLargeShard(await writeLargeShard(entries))).toEqual(entries);
    }),
    { numRuns: 50 },
  );
});

test('equal samples give equal bytes at any time', async () => {
  const first = await writeLargeShard(example);
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // tar headers count seconds
  expect(await writeLargeShard(example)).toEqual(first);
});

test('is a WebDataset tar: members of a sample lie together under one number, the file by what it is', async () => {
  const bytes = Buffer.from(await writeLargeShard(example));
  const names = [...bytes.toString('latin1').matchAll(/0000\d\d\.[a-z]+/g)].map(([name]) => name);
  expect(names).toEqual(['000000.cls', '000000.jpg', '000000.json', '000001.png', '000001.json']);
  expect(bytes.length % 512).toBe(0);
});

test('every truncation is refused by name', async () => {
  const bytes = await writeLargeShard(example);
  for (let length = 0; length < bytes.length; length += length % 512 === 511 ? 1 : 73)
    await expect(readLargeShard(bytes.slice(0, length), 'shards/ab.tar')).rejects.toThrow(/^shards\/ab\.tar: /);
  for (let length = 0; length < bytes.length; length += 512)
    await expect(readLargeShard(bytes.slice(0, length))).rejects.toThrow(FormatError);
});

test('a shard without its last sample’s id, ended like a whole one, is refused', async () => {
  const cut = await tarOf([['000000.jpg', '\xff']]);
  await expect(readLargeShard(cut)).rejects.toThrow(/cut short within sample 0/);
});

const mark = (version: number) => JSON.stringify({ format: 'unlabel.large-shard', id: 'a', version });
test.each<[string, [string, string][], RegExp]>([
  [
    'a later version',
    [
      ['000000.jpg', 'x'],
      ['000000.json', mark(2)],
    ],
    /found 2, this reads 1/,
  ],
  [
    'no format',
    [
      ['000000.jpg', 'x'],
      ['000000.json', '{}'],
    ],
    /is no unlabel.large-shard/,
  ],
  [
    'an id that is no text',
    [
      ['000000.jpg', 'x'],
      ['000000.json', mark(1).replace('"a"', '1')],
    ],
    /has no id/,
  ],
  [
    'a description that is no JSON',
    [
      ['000000.jpg', 'x'],
      ['000000.json', '{'],
    ],
    /000000.json is not JSON/,
  ],
  ['a member outside', [['../000000.jpg', 'x']], /member "\.\.\/000000.jpg" \(file\) is not one of sample 0/],
  ['a gap in its numbers', [['000001.jpg', 'x']], /is not one of sample 0/],
  [
    'two files for a sample',
    [
      ['000000.jpg', 'x'],
      ['000000.png', 'x'],
    ],
    /000000.png is not where it belongs/,
  ],
  ['a description before the file', [['000000.json', mark(1)]], /not where it belongs/],
  [
    'a class that is no number',
    [
      ['000000.cls', 'cat'],
      ['000000.jpg', 'x'],
      ['000000.json', mark(1)],
    ],
    /has class NaN/,
  ],
])('a tar with %s is refused', async (_, members, message) => {
  const bytes = await tarOf(members);
  await expect(readLargeShard(bytes)).rejects.toThrow(message);
  await expect(readLargeShard(bytes)).rejects.toThrow(FormatError);
});

test('a tar with a folder is refused', async () => {
  await expect(readLargeShard(await tarOf([['000000.jpg', '']], 'directory'))).rejects.toThrow(/\(directory\)/);
});

test('a header that claims more than the file has is refused, not believed', async () => {
  const bytes = await writeLargeShard(example);
  bytes.set(new TextEncoder().encode('77777777777'), 124); // the size of the first member, in octal
  await expect(readLargeShard(bytes)).rejects.toThrow(FormatError);
});

test('writing a text file called .jpg is refused by id and first bytes', async () => {
  const text = { id: 'a.jpg', class: 0, bytes: new TextEncoder().encode('hello') };
  await expect(writeLargeShard([text])).rejects.toThrow(
    /"a.jpg" begins with the bytes 68 65 6c 6c 6f, which no known image/,
  );
  await expect(writeLargeShard([])).rejects.toThrow(/at least one sample/);
});
