import fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeSafetensors, encodeSafetensors, FormatError, hostTensor } from '#lib/contracts';

import { readSmallShard, writeSmallShard } from './small-shard.ts';

/** Any Unicode, a byte order mark at the start included. */
const ids = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constant('\ufeffa'),
);
const shards = fc
  .record({ height: fc.nat(4), width: fc.integer({ min: 1, max: 4 }), channels: fc.constantFrom(1, 3) })
  .map((size) => ({ ...size, height: size.height + 1 }))
  .chain((size) => {
    const length = size.height * size.width * size.channels;
    const entry = fc.record({
      id: ids.filter((id) => id.isWellFormed()),
      class: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      bytes: fc.uint8Array({ minLength: length, maxLength: length }),
    });
    return fc.record({ ...constants(size), entries: fc.array(entry, { minLength: 1, maxLength: 6 }) });
  });

function constants(size: { height: number; width: number; channels: number }) {
  return { height: fc.constant(size.height), width: fc.constant(size.width), channels: fc.constant(size.channels) };
}

const entry = (id: string, label = 0) => ({ id, class: label, bytes: new Uint8Array(12).fill(label + 1) });
const example = writeSmallShard({
  height: 2,
  width: 2,
  channels: 3,
  entries: [entry('cat/ä.png'), entry('dog/1.png', 1)],
});

test('any shard reads back: pixels, classes and ids of any Unicode', () => {
  fc.assert(
    fc.property(shards, (shard) => {
      const read = readSmallShard(writeSmallShard(shard));
      const stride = shard.height * shard.width * shard.channels;
      expect(read).toMatchObject({ height: shard.height, width: shard.width, channels: shard.channels });
      expect(read.ids).toEqual(shard.entries.map(({ id }) => id));
      expect([...read.classes]).toEqual(shard.entries.map((sample) => sample.class));
      shard.entries.forEach(({ bytes }, i) =>
        expect(read.images.subarray(i * stride, (i + 1) * stride)).toEqual(bytes),
      );
    }),
    { numRuns: 100 },
  );
});

test('equal samples give equal bytes, and another pixel, class or id gives others', () => {
  fc.assert(
    fc.property(shards, (shard) => {
      const bytes = writeSmallShard(shard);
      expect(writeSmallShard(structuredClone(shard))).toEqual(bytes);
      const [first, ...rest] = shard.entries;
      if (!first) return;
      for (const change of [
        { class: first.class === 0 ? 1 : 0 },
        { id: `${first.id}x` },
        { bytes: first.bytes.map((value) => 255 - value) },
      ])
        expect(writeSmallShard({ ...shard, entries: [{ ...first, ...change }, ...rest] })).not.toEqual(bytes);
    }),
    { numRuns: 50 },
  );
});

test('every truncation of a shard, and every byte appended, is refused by name', () => {
  for (let length = 0; length < example.length; length++)
    expect(() => readSmallShard(example.slice(0, length), 'shards/ab.safetensors')).toThrow(FormatError);
  expect(() => readSmallShard(example.slice(0, -1), 'shards/ab.safetensors')).toThrow(/^shards\/ab\.safetensors: /);
  expect(() => readSmallShard(Uint8Array.from([...example, 0]))).toThrow(/has \d+ bytes, its header describes \d+/);
});

test('a shard that was altered anywhere is refused with a FormatError or reads as another shard, and never crashes', () => {
  fc.assert(
    fc.property(fc.nat(example.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const altered = example.slice();
      altered[at] = (altered[at] ?? 0) ^ change;
      try {
        readSmallShard(altered);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 500 },
  );
});

test('another version is refused: found 2, this reads 1', () => {
  const { tensors, metadata } = decodeSafetensors(example);
  const later = encodeSafetensors(tensors, { ...metadata, version: '2' });
  expect(() => readSmallShard(later)).toThrow(/found 2, this reads 1/);
  expect(() => readSmallShard(encodeSafetensors(tensors, { ...metadata, format: 'x' }))).toThrow(/its format is "x"/);
  expect(() => readSmallShard(encodeSafetensors(tensors))).toThrow(/its format is null/);
});

test.each([
  ['no classes', { classes: undefined }, /has no tensor classes/],
  [
    'classes of another type',
    { classes: hostTensor(new Uint32Array(2), [2]) },
    /classes is U32 \[2\], it must be Int32 \[N\]/,
  ],
  ['a class below -1', { classes: hostTensor(Int32Array.of(0, -2), [2]) }, /class below -1/],
  [
    'fewer classes than images',
    { classes: hostTensor(new Int32Array(1), [1]) },
    /2 images, 1 classes and 3 id offsets/,
  ],
  ['offsets that go back', { idOffsets: hostTensor(Uint32Array.of(0, 20, 19), [3]) }, /span|goes from byte/],
  ['an id cut within a character', { idOffsets: hostTensor(Uint32Array.of(0, 5, 19), [3]) }, /id 0 is not UTF-8/],
])('a shard with %s is refused', (_, change, message) => {
  const { tensors, metadata } = decodeSafetensors(example);
  const changed = Object.entries({ ...tensors, ...change }).filter(([, tensor]) => tensor !== undefined);
  const bytes = encodeSafetensors(Object.fromEntries(changed) as typeof tensors, metadata);
  expect(() => readSmallShard(bytes)).toThrow(message);
});

test.each([
  ['no samples', [], /at least one sample/],
  ['pixels of another size', [{ ...entry('a'), bytes: new Uint8Array(11) }], /"a" has 11 bytes, \[2, 2, 3\] takes 12/],
  ['an empty id', [entry('')], /is not text/],
  ['half a surrogate pair', [entry('a\ud800')], /is not text/],
  ['a class that is no index', [entry('a', 1.5)], /has class 1.5/],
])('writing %s is refused', (_, entries, message) => {
  expect(() => writeSmallShard({ height: 2, width: 2, channels: 3, entries })).toThrow(message);
  expect(() => writeSmallShard({ height: 2, width: 2, channels: 3, entries })).toThrow(FormatError);
});
