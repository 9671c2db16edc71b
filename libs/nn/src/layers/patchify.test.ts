import { memory, range, reshape, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { patchify, unpatchify } from './patchify.ts';

test('patches come row by row, and within a patch by row, column, channel', () => {
  const before = memory().numTensors;
  tidy(() => {
    const image = reshape(range(0, 4 * 4 * 2), [1, 4, 4, 2]); // value = (row · 4 + column) · 2 + channel
    const patches = patchify(image, 2);
    expect(patches.shape).toEqual([1, 4, 8]);
    expect([...patches.dataSync()].slice(8, 16)).toEqual([4, 5, 6, 7, 12, 13, 14, 15]);
  });
  expect(memory().numTensors).toBe(before);
});

test('unpatchify undoes patchify for any grid', () => {
  const sides = fc.integer({ min: 1, max: 3 });
  fc.assert(
    fc.property(sides, sides, sides, sides, (rows, columns, patch, channels) =>
      tidy(() => {
        const shape: [number, number, number, number] = [2, rows * patch, columns * patch, channels];
        const x = reshape(
          range(
            0,
            shape.reduce((product, length) => product * length, 1),
          ),
          shape,
        );
        const back = unpatchify(patchify(x, patch), patch, { height: shape[1], width: shape[2] });
        expect(back.shape).toEqual(shape);
        expect([...back.dataSync()]).toEqual([...x.dataSync()]);
      }),
    ),
    { numRuns: 20 },
  );
});

test('patches of another grid are refused with what is needed', () => {
  tidy(() => {
    const patches = reshape(range(0, 16), [1, 2, 8]);
    expect(() => unpatchify(patches, 2, { height: 4, width: 4 })).toThrow(/must be \[N, 4, 2·2·C\], got \[1,2,8\]/);
  });
});
