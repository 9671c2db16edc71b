import fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeSafetensors, encodeSafetensors, FormatError } from '#lib/contracts';

import { readViewBlock, writeViewBlock } from './view-block.ts';

const side = fc.integer({ min: 1, max: 4 });
const sizes = fc.record({ height: side, width: side, channels: fc.constantFrom(1, 3) });
const blocks = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.array(sizes, { minLength: 1, maxLength: 12 }), fc.boolean())
  .chain(([S, all, equal]) => {
    const views = all.map((size) => (equal ? (all[0] ?? size) : size));
    const viewOf = (size: (typeof all)[number]) => {
      const length = S * size.height * size.width * size.channels;
      return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ ...size, data }));
    };
    return fc.record({
      samples: fc.uint32Array({ minLength: S, maxLength: S }),
      views: fc.tuple(...views.map(viewOf)),
    });
  });

const view = (value: number, height = 2) => ({
  height,
  width: 2,
  channels: 3,
  data: new Uint8Array(2 * height * 6).fill(value),
});
const example = { samples: Uint32Array.of(7, 3), views: [view(1), view(2)] };

test('any block reads back, with views of one size and of several', () => {
  fc.assert(
    fc.property(blocks, (block) => {
      const bytes = writeViewBlock(block);
      expect(writeViewBlock(structuredClone(block))).toEqual(bytes);
      expect(readViewBlock(bytes)).toEqual(block);
    }),
    { numRuns: 100 },
  );
});

test('views of one size are one tensor [S, V, H, W, C] with the views of a sample together', () => {
  const { tensors } = decodeSafetensors(writeViewBlock(example));
  expect(tensors['views']?.shape).toEqual([2, 2, 2, 2, 3]);
  const values = Array.from(tensors['views']?.data ?? []);
  expect([0, 12, 24, 36].map((at) => values[at])).toEqual([1, 2, 1, 2]);
});

test('views of several sizes are one tensor each', () => {
  const { tensors } = decodeSafetensors(writeViewBlock({ ...example, views: [view(1), view(2, 3)] }));
  expect(Object.keys(tensors)).toEqual(['samples', 'view0', 'view1']);
  expect(tensors['view1']?.shape).toEqual([2, 3, 2, 3]);
});

test('every truncation of a block is refused', () => {
  const bytes = writeViewBlock(example);
  for (let length = 0; length < bytes.length; length++)
    expect(() => readViewBlock(bytes.slice(0, length), 'views/a/b')).toThrow(FormatError);
});

test('another version, and rows that are not the samples, are refused', () => {
  const { tensors, metadata } = decodeSafetensors(writeViewBlock(example));
  expect(() => readViewBlock(encodeSafetensors(tensors, { ...metadata, version: '2' }))).toThrow(
    /found 2, this reads 1/,
  );
  const three = { ...tensors, samples: { dtype: 'U32' as const, shape: [3], data: new Uint32Array(3) } };
  expect(() => readViewBlock(encodeSafetensors(three, metadata))).toThrow(/view 0 has not 3 rows/);
  const none = encodeSafetensors({ samples: three.samples }, metadata);
  expect(() => readViewBlock(none)).toThrow(/3 samples, 0 views/);
});

test('writing no samples, no views or the wrong number of bytes is refused', () => {
  expect(() => writeViewBlock({ samples: new Uint32Array(0), views: [view(1)] })).toThrow(/0 samples and 1 views/);
  expect(() => writeViewBlock({ samples: Uint32Array.of(1), views: [] })).toThrow(/1 samples and 0 views/);
  expect(() => writeViewBlock({ samples: Uint32Array.of(1), views: [view(1)] })).toThrow(
    /view 0 has 24 bytes, 1 samples of \[2, 2, 3\] take 12/,
  );
});
